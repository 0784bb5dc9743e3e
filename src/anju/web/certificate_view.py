"""A certificate on paper: its facts, its table, the code and a QR code that leads to the page of verification."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from anju.contributions.certificates import Content, content_of, grouped, issue
from anju.contributions.models_certificates import Certificate, CertificateKind
from anju.platform.documents.grid import Box, Grid, flow
from anju.platform.documents.render_pdf import render_pdf
from anju.platform.documents.render_xlsx import render_xlsx
from anju.registry.models import Member, Unit
from anju.web.access import viewer
from anju.web.file_response import made_file


def issued_paper(request: HttpRequest, *, kind: CertificateKind, content: Content, of: Member | Unit) -> HttpResponse:
    """Issue a paper to whoever asks and send it: as PDF with its code, or as a workbook where the form says `as=xlsx`.

    It comes as a download: a page that showed it would issue another when it is loaded again.
    """
    issued = issue(
        kind=kind, content=content, of=of, business_date=timezone.localdate(), actor=viewer(request).username,
        at=timezone.now(),
    )  # fmt: skip
    return (
        workbook(content, issued)
        if request.POST.get("as") == "xlsx"
        else certificate_pdf(request, issued, download=True)
    )


def certificate_pdf(request: HttpRequest, certificate: Certificate, *, download: bool = False) -> HttpResponse:
    """The certificate as PDF: the same certificate gives the same bytes."""
    address = f"{request.build_absolute_uri(reverse('verify'))}?number={certificate.number}"
    grid = certificate_grid(certificate, address=address)
    content = render_pdf(grid, as_of=certificate.issued_date)
    return made_file(content, f"{certificate.number}.pdf", "application/pdf", download=download)


def certificate_grid(certificate: Certificate, *, address: str) -> Grid:
    """What the paper shows."""
    content = content_of(certificate)
    notes = (
        *content.notes,
        _("证明编号 {number}　验证码 {code}").format(number=certificate.number, code=grouped(content.code)),
        _("有效期至 {day}。核验：扫描二维码或访问 {address}").format(day=certificate.valid_until, address=address),
    )
    return content_grid(content, notes=notes, qr=address)


def content_grid(content: Content, *, notes: tuple[str, ...] = (), qr: str = "") -> Grid:
    """Facts in pairs, then the table, on one grid."""
    wide = max(2, len(content.columns))
    rows: list[tuple[Box, ...]] = [
        (Box(title, bold=True, shade=True), Box(text, across=wide - 1, align="left")) for title, text in content.facts
    ]
    if content.columns:
        rows.append(tuple(Box(title, bold=True, shade=True) for title in content.columns))
        rows += [
            tuple(Box(cell, align="right" if place in content.figures else "left") for place, cell in enumerate(row))
            for row in content.rows
        ]
    widths = [1000 // wide] * wide
    widths[-1] += 1000 - sum(widths)
    if wide == 2:
        widths = [300, 700]
    return Grid(content.title, tuple(widths), flow(rows), notes=notes, point_size=10 if content.columns else 11, qr=qr)


def workbook(content: Content, certificate: Certificate) -> HttpResponse:
    """What the certificate says as .xlsx; it carries the number, but proves nothing by itself."""
    grid = content_grid(content, notes=(_("证明编号 {number}").format(number=certificate.number),))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    book = render_xlsx(grid, as_of=certificate.issued_date)
    return made_file(book, f"{certificate.number}.xlsx", kind, download=True)
