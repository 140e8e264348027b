/**
 * Time zones of telephone numbers, by the longest known prefix of their digits.
 * Table: google/libphonenumber, Apache-2.0; see data/README.md.
 */
import { readFileSync } from 'node:fs'
import { dataLines } from './text.ts'

const zonesByPrefix: ReadonlyMap<string, string[]> = new Map(
  dataLines(readFileSync(new URL('./data/timezones-by-prefix.txt', import.meta.url), 'utf8')).map((line) => {
    const [prefix = '', zones = ''] = line.split('|')
    return [prefix, zones.split('&')] as const
  }),
)

const prefixDigitsMax = Math.max(...[...zonesByPrefix.keys()].map((prefix) => prefix.length))

/** Stands for the whole North American plan: a toll-free number, or any other that tells no place. */
const ANYWHERE = '1'

/** IANA zones a number may be in, none where its digits tell no place. `digits` is E.164 without its plus sign, or the start of it. */
export const zonesOf = (digits: string): string[] => {
  for (let length = Math.min(prefixDigitsMax, digits.length); length > 0; length -= 1) {
    const zones = zonesByPrefix.get(digits.slice(0, length))
    if (zones) return length === ANYWHERE.length && digits.startsWith(ANYWHERE) ? [] : zones
  }
  return []
}
