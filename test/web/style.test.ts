import { describe, expect, it } from 'vitest';
import { css } from '../../web/style.ts';

const [light = {}, dark = {}] = [...css.matchAll(/:root\{(.*?)\}/gs)].map(([, body = '']) =>
  Object.fromEntries([...body.matchAll(/--([\w-]+):(#\w+)/g)].map(([, name, value]) => [name, value])),
) as Record<string, string>[];

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const full = hex.length === 4 ? hex.replace(/[^#]/g, '$&$&') : hex;
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

describe.each([
  ['light', light],
  ['dark', { ...light, ...dark }],
])('%s', (_, colours) => {
  const texts = ['ink', 'soft', 'faint', 'link'].flatMap((ink) => [
    [ink, 'card'],
    [ink, 'paper'],
  ]);
  it.each([...texts, ['ink', 'warm'], ['ink', 'calm']])('%s is readable on %s (WCAG AA)', (ink, ground) => {
    expect(contrast(colours[ink as string] as string, colours[ground as string] as string)).toBeGreaterThanOrEqual(4.5);
  });
  it.each(['passed', 'waiting', 'parked'])('%s can be told from the card (WCAG AA for graphics)', (part) => {
    expect(contrast(colours[part] as string, colours.card as string)).toBeGreaterThanOrEqual(3);
  });
});
