/**
 * The keys under which two rows of one person are likely to meet. Each key is a short text with its kind before a colon:
 * a file hashes them to numbers; in the intake path they are hashed under the tenant's key, so that no name is kept.
 */
import type { Token } from './compare/tokens.ts'
import type { Person } from './schema.ts'

const SOUND_MIN = 2
const SOUND_LONG = 3
const TOKEN_MIN = 3
const LAST_DIGITS = 7

const soundsOf = (tokens: readonly Token[]): string[] =>
  tokens.flatMap(({ sound, text }) => (text.length > 1 && sound.length > 0 ? [sound] : []))

const fullSoundsOf = (tokens: readonly Token[]): string[] =>
  tokens.flatMap(({ fullSound, text }) => (text.length > 1 && fullSound.length > 0 ? [fullSound] : []))

const ordered = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`)

/** All keys of a person, each once. */
export const blockingKeys = (person: Person): string[] => {
  const keys = new Set<string>()
  const add = (kind: string, ...parts: readonly (string | undefined)[]): void => {
    if (parts.every((part) => part !== undefined && part !== '')) keys.add(`${kind}:${parts.join(' ')}`)
  }
  const { name, birth, place, street } = person
  const given = name ? fullSoundsOf(name.given) : []
  const surname = name ? soundsOf(name.surname) : []
  const others = name ? soundsOf(name.extra) : []
  // Swapped names meet as well: every key of names is made of words wherever they stand.
  const sounds = [...new Set([...given, ...surname, ...others])]
  const year = birth ? birth.digits.slice(0, 4) : undefined
  const monthDay = birth && !birth.isDefault ? birth.digits.slice(4) : undefined
  const postcode = place?.postcode || undefined
  const city = place?.city || undefined

  for (const one of given) for (const other of [...surname, ...others]) add('n', ordered(one, other))
  if (given.length === 0) for (const one of surname) for (const other of others) add('n', ordered(one, other))
  if (name)
    for (const { text } of [...name.given, ...name.surname, ...name.extra]) if (text.length >= TOKEN_MIN) add('w', text)
  if (name?.given[0] && name.surname[0]) {
    add('p', name.given[0].text.slice(0, 1), name.surname[0].text.slice(0, 4))
    add('p', name.given[0].text.slice(0, 4), name.surname[0].text.slice(0, 1))
  }
  for (const sound of sounds) {
    if (sound.length >= SOUND_LONG) add('ws', sound)
    add('y', sound, year)
    add('m', sound, monthDay)
    add('z', sound, postcode)
    if (sound.length >= SOUND_MIN) {
      add('c', sound, city)
      add('b', sound, person.birthPlace?.key)
      add('o', sound, person.occupation?.key)
    }
  }
  if (birth && monthDay) {
    add('d', birth.digits)
    add('d', birth.digits.slice(0, 4) + birth.digits.slice(6) + birth.digits.slice(4, 6))
    add('ym', birth.digits.slice(0, 6), sounds[0]?.charAt(0))
    add('yd', birth.digits.slice(0, 4), birth.digits.slice(6), sounds[0]?.charAt(0))
    add('dz', monthDay, postcode)
    add('dc', monthDay, city)
  }
  add('z', postcode)
  add('yz', year, place?.area || undefined)
  add('yc', year, city)
  add('yb', year, person.birthPlace?.key)
  add('yo', year, person.occupation?.key)
  add('bo', person.birthPlace?.key, person.occupation?.key)
  if (street) {
    const words = [...new Set(street.lines.flatMap((line) => line.split(' ')).filter((word) => word.length > 3))]
    for (const word of words) {
      add('s', word, street.number || undefined)
      add('sz', word, postcode)
      add('sy', word, year)
    }
    for (const line of street.lines) if (line.length > 3) add('l', line)
    add('nz', street.number || undefined, postcode)
  }
  for (const { key, user, domain } of person.emails) {
    add('e', key)
    add('u', user.length >= 4 ? user : undefined)
    add('ed', domain, user.charAt(0))
    add('eu', user.replace(/\d+/g, '').slice(0, 6))
  }
  for (const { key } of person.phones) add('t', key.slice(-LAST_DIGITS))
  for (const { key } of person.personNumbers) add('i', key)
  return [...keys]
}

/** What a block that is too large is cut by, one after another; empty where it is not known. */
export const refinements = (person: Person): string[] => {
  const { name, birth, place } = person
  const given = name?.given[0]
  const surname = name?.surname[0]
  return [
    given && surname ? `${given.fullSound}|${surname.sound}` : '',
    birth ? birth.digits : '',
    place?.postcode ?? '',
    birth && given ? `${birth.year}|${given.fullSound.slice(0, 2)}` : '',
    birth && surname ? `${birth.year}|${surname.sound.slice(0, 2)}` : '',
    place?.city && surname ? `${place.city}|${surname.sound.slice(0, 2)}` : '',
    person.birthPlace && given ? `${person.birthPlace.key}|${given.text.slice(0, 2)}` : '',
    person.emails[0]?.key ?? '',
  ]
}
