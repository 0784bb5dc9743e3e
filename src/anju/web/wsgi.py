"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from anju.kernel.workday_table import CalendarKind
from anju.kernel.workdays import calendar

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anju.platform.django_settings")
application = get_wsgi_application()
calendar(CalendarKind.SERVICE)  # half a second that the first case of the process should not pay
