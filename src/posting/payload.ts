/** What a source sends to give a field a value: a mapping, read backwards. */

import { own, put } from '../base/own.ts'
import type { Taking } from '../flow/document.ts'
import { readPath } from '../flow/mapping.ts'
import type { Json } from '../kit/field.ts'

export type Payload = { [key: string]: Json }

/** Where a field's value is sent; null where it is not sent at all. */
export interface Place {
  readonly names: readonly (string | number)[]
  /** As the mapping writes it. */
  readonly text: string
  /** Sent empty beside it: other names that the same template reads. */
  readonly beside: readonly (readonly (string | number)[])[]
}

const INCOMING = /\bincoming((?:\.\w+|\[(?:\d+|"[^"]*"|'[^']*')\])+)/g

const placesIn = (template: string): (readonly (string | number)[])[] => {
  const found = new Map<string, readonly (string | number)[]>()
  for (const [, path = ''] of template.matchAll(INCOMING)) {
    const names = readPath(path.replace(/^\./, ''))
    if (names !== null) found.set(JSON.stringify(names), names)
  }
  return [...found.values()]
}

const written = (names: readonly (string | number)[]): string =>
  names.map((name, index) => (typeof name === 'number' ? `[${name}]` : index === 0 ? name : `.${name}`)).join('')

export const placeOf = (field: string, takings: readonly Taking[] | undefined): Place | null => {
  if (takings === undefined) return { names: [field], text: field, beside: [] }
  for (const { from, text } of takings) {
    if (from === 'path') {
      const names = readPath(text) ?? [text]
      return { names, text: written(names), beside: [] }
    }
    if (from === 'template') {
      const [names, ...beside] = placesIn(text)
      if (names !== undefined) return { names, text: written(names), beside }
    }
  }
  return null
}

/** Puts a value where a path leads, making what lies on the way. */
const place = (payload: Payload, names: readonly (string | number)[], value: Json): void => {
  let at: Payload | Json[] = payload
  names.forEach((name, index) => {
    const isLast = index === names.length - 1
    const table = at as Record<string, Json>
    const there = own(table, String(name))
    if (isLast) {
      if (there === undefined || there === '') put(table, String(name), value)
      return
    }
    if (typeof there === 'object' && there !== null) at = there
    else {
      at = typeof names[index + 1] === 'number' ? [] : {}
      put(table, String(name), at)
    }
  })
}

export const payloadOf = (
  values: Readonly<Record<string, string>>,
  places: ReadonlyMap<string, Place | null>,
): Payload => {
  const payload: Payload = {}
  for (const [field, value] of Object.entries(values)) {
    const found = places.get(field)
    if (!found || value === '') continue
    place(payload, found.names, value)
    for (const names of found.beside) place(payload, names, '')
  }
  return payload
}
