"""A person at a portal in Chromium without JavaScript, for the tests that walk through portals."""

import os
from pathlib import Path

from playwright.sync_api import Page, expect

import browsing
from anju.cases.models import Case
from item_walk import credit_code, identity_number, phone
from sign_ins import PASSWORD

#: Where pictures of every page are put, to be looked at.
PICTURES = os.environ.get("ANJU_TEST_PICTURES", "")


class Visitor:
    """A person at a portal without JavaScript. Every new page is checked by a second window that may run axe."""

    def __init__(self, chromium, address, prefix, username, width, scheme):
        self.address, self.prefix, self.seen = address, prefix, []
        options = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme, "locale": "zh-CN"}
        self.context = chromium.new_context(java_script_enabled=False, **options)
        self.page = self.context.new_page()
        self.name = f"{prefix}-{width}-{scheme}"
        self.sign_in(username)
        self.inspector = chromium.new_context(bypass_csp=True, storage_state=self.context.storage_state(), **options)
        self.second = self.inspector.new_page()
        self.problems = browsing.watch(self.page, address)

    def sign_in(self, username):
        for door in (f"{self.address}/{self.prefix}/sign-in/", f"{self.address}/sign-in/?next=/{self.prefix}/"):
            if self.page.goto(door).status == 200 and self.page.get_by_label("口令").count():
                break
        self.page.get_by_label("用户名").or_(self.page.get_by_label("登录名")).fill(username)
        self.page.get_by_label("口令").fill(PASSWORD)
        browsing.turn(self.page.get_by_role("button", name="登录", exact=True))
        self.page.wait_for_url(f"{self.address}/{self.prefix}/")

    def go(self, path=""):
        self.page.goto(f"{self.address}/{self.prefix}/{path}")

    def press(self, name):
        browsing.turn(self.page.get_by_role("button", name=name).first)

    def follow(self, name):
        browsing.turn(self.page.get_by_role("link", name=name).first)

    def download(self, name) -> Path:
        """The file behind a link or a button."""
        link, button = (self.page.get_by_role(role, name=name) for role in ("link", "button"))
        with self.page.expect_download() as started:
            link.or_(button).first.click()
        return started.value.path()

    def fill(self, **by_label):
        for label, value in by_label.items():
            self.page.get_by_label(label, exact=False).first.fill(value)

    def look(self, kind):
        """The page as it stands: one heading, no scroll sideways, and by the second window no violation of axe."""
        page = self.page
        expect(page.locator("h1")).to_have_count(1)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{self.name}-{len(self.seen):02}-{kind}.png", full_page=True)
        self.second.goto(page.url)
        assert self.second.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
        self.seen += [(kind, *each) for each in browsing.violations(self.second)]

    def case(self) -> Case:
        return Case.objects.get(number=self.page.url.split("/")[5])

    def end(self):
        assert self.seen == [], self.seen
        assert self.problems == []
        self.context.close()
        self.inspector.close()


def choose_first(page: Page) -> None:
    """In every list the first thing that can be chosen."""
    for box in page.locator("main select").all():
        box.select_option(box.locator("option:not([value=''])").first.get_attribute("value"))


def register_unit(visitor: Visitor, paper: Path, *, name: str, first_month: str, established: str) -> Case:
    """U01 from the item's page to the confirmation."""
    page = visitor.page
    visitor.go("items/U01/")
    visitor.press("开始办理")
    case = visitor.case()
    browsing.turn(page.get_by_role("link", name="单位信息", exact=True))
    visitor.fill(单位名称=name, 统一社会信用代码=credit_code(), 设立日期=established)
    visitor.press("保存并继续")
    choose_first(page)
    visitor.press("保存并继续")
    visitor.fill(单位地址="岳阳市岳阳楼区示范路 1 号", 邮政编码="414000")
    choose_first(page)
    visitor.press("保存并继续")
    visitor.fill(法定代表人姓名="王昭君", 法定代表人证件号码=identity_number())
    visitor.press("保存并继续")
    visitor.fill(经办人姓名="周小乔", 经办人身份证号码=identity_number(), 经办人手机号码=phone())
    visitor.press("保存并继续")
    visitor.fill(发薪日="10", 受托银行="建设银行岳阳分行", 首次汇缴年月=first_month)
    page.get_by_label("单位缴存比例").fill("8")
    page.get_by_label("个人缴存比例").fill("8")
    visitor.press("保存并继续")
    visitor.go(f"cases/{case.number}/materials/")
    for code in ("licence", "legal_identity", "agent_identity", "authorisation"):
        page.locator(f"#file-{code}").set_input_files(paper)
        browsing.turn(page.locator(f"#paper-{code}").get_by_role("button", name="上传"))
    visitor.go(f"cases/{case.number}/check/")
    visitor.press("确认并提交")
    return case
