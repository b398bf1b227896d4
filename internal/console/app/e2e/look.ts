import { resolve } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** Where the pictures go. */
export const screens = process.env.SCREENSHOTS ?? resolve(import.meta.dirname, "../test-results/screens");

interface Variant {
  name: string;
  scheme: "light" | "dark";
  viewport: { width: number; height: number };
  /** What axe looks at, if not at everything: a scheme changes colours only. */
  rules?: string[];
}

const desktop = { width: 1280, height: 800 };
const colours = ["color-contrast", "link-in-text-block"];

const variants: Variant[] = [
  { name: "phone-light", scheme: "light", viewport: { width: 390, height: 844 } },
  { name: "desktop-dark", scheme: "dark", viewport: desktop, rules: colours },
  { name: "desktop-light", scheme: "light", viewport: desktop },
];

/** Looks at a page, wide and narrow, light and dark: a picture of each, nothing for axe to find, no sideways scrolling. */
export async function look(page: Page, name: string): Promise<void> {
  for (const variant of variants) {
    await page.emulateMedia({ colorScheme: variant.scheme, reducedMotion: "reduce" });
    await page.setViewportSize(variant.viewport);
    await page.screenshot({ path: `${screens}/${name}-${variant.name}.png`, fullPage: true });
    expect(await complaints(page, variant.rules), `axe on ${name}, ${variant.name}`).toEqual([]);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wider, `${name} scrolls sideways, ${variant.name}`).toBeLessThanOrEqual(0);
  }
}

/** What axe finds. No page has frames, so that it needs none of its ways to reach into them. */
async function complaints(page: Page, rules?: string[]): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations } = await (rules ? axe.withRules(rules) : axe).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
}
