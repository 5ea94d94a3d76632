"""Judges a page by axe-core against WCAG 2.2 A and AA, as it stands in the browser now."""

from pathlib import Path

from playwright.async_api import Page

AXE = Path(__file__).resolve().parents[2] / "web_client" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def findings(page: Page) -> list[str]:
    """One line per violation: rule, impact, first places."""
    await page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
    found: list[str] = await page.evaluate(
        "async (tags) => (await axe.run({runOnly: {type: 'tag', values: tags}})).violations.map((one) =>"
        " `${one.id} (${one.impact}): ${one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`)",
        RULES,
    )
    return found
