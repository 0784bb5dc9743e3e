"""How Django draws forms here: label, hint, error and input tied together, the same for every form and no form's own."""

from django.forms.renderers import TemplatesSetting


class AnjuRenderer(TemplatesSetting):
    """`{{ form }}` is the error summary and all fields; `{{ form.name.as_field_group }}` is one field."""

    form_template_name = "anju/forms/form.html"
    formset_template_name = "anju/forms/formset.html"
    field_template_name = "anju/forms/field.html"
