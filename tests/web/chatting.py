"""Talking with the chat in a real browser as a citizen does, until the answer is there."""


def say(page, text):
    """Write a message and wait for its answer."""
    count = page.locator("#samtale .vv-assistant").count()
    page.fill("#besked", text)
    page.press("#besked", "Enter")
    settled(page, count)


def press(page, label):
    """Press a choice and wait for what it is answered with."""
    count = page.locator("#samtale .vv-assistant").count()
    page.locator("#samtale").get_by_role("button", name=label, exact=True).click()
    settled(page, count)


def settled(page, count):
    """Wait until more than `count` messages of the assistant are there and nothing is on its way."""
    page.locator("#samtale .vv-assistant").nth(count).wait_for()
    page.locator("#samtale[aria-busy=false]").wait_for()
