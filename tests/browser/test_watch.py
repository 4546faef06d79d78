"""The watch over the pages of the other tests would see what it is there to see."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from .driving import Watch

pytestmark = pytest.mark.browser


def test_errors_dialogs_and_requests_to_others_are_seen(chromium: Browser, url: str) -> None:
    context = chromium.new_context()
    watch = Watch(context)
    page = context.new_page()
    page.goto(f"{url}/_stcore/health")
    assert watch.errors == watch.foreign == watch.dialogs == []
    assert watch.requests[0] == f"{url}/_stcore/health"

    with context.expect_event("console"):
        page.evaluate("console.error('wrong')")
    with context.expect_event("weberror"):
        page.evaluate("void setTimeout(() => { throw new Error('thrown'); })")
    page.evaluate("alert('said')")
    # Images: our own headers end other requests to other hosts before they are seen.
    page.evaluate("void (new Image().src = 'http://example.invalid/here')")
    page.evaluate("fetch('/word/_stcore/host-config').catch(() => null)")  # Streamlit's own probe is let pass
    page.evaluate("void (document.body.innerHTML = '<img src=http://other.invalid/pixel>')")
    page.wait_for_function("document.images[0].complete")
    context.close()

    assert any("wrong" in e for e in watch.errors)
    assert any("thrown" in e for e in watch.errors)
    assert not any("host-config" in e for e in watch.errors)
    assert watch.dialogs == ["said"]
    assert watch.foreign == ["http://example.invalid/here", "http://other.invalid/pixel"]
