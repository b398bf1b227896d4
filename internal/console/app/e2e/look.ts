import { resolve } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** Where the pictures go. */
export const screens = process.env.SCREENSHOTS ?? resolve(import.meta.dirname, "../test-results/screens");

const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const schemes = ["light", "dark"] as const;

/** Looks at a page, wide and narrow, light and dark: a picture of each, nothing for axe to find, no sideways scrolling. */
export async function look(page: Page, name: string): Promise<void> {
  // It ends as specs begin: wide and light.
  for (const [size, viewport] of Object.entries(sizes).reverse()) {
    await page.setViewportSize(viewport);
    for (const scheme of schemes.toReversed()) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      const variant = `${size}-${scheme}`;
      await page.screenshot({ path: `${screens}/${name}-${variant}.png`, fullPage: true });
      expect(await complaints(page), `axe on ${name}, ${variant}`).toEqual([]);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wider, `${name} scrolls sideways, ${variant}`).toBeLessThanOrEqual(0);
    }
  }
}

/** What axe finds. No page has frames, so that it needs none of its ways to reach into them. */
async function complaints(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
}
