/**
 * Made-up persons as encyclopaedias hold them, some ten records each: labels and other labels of a person, titles that
 * stand where surnames are looked for, names cut down to one word, days of birth of which only the year is known, homes
 * that change, half of the occupations missing. The later a record, the more is wrong with it.
 *
 * How much of what goes wrong follows what is published of such files: 50,578 records of 5,156 persons with 303,961
 * pairs; values there of surname 91 %, birth place 86 %, postal code, date of birth and gender 77 %, occupation 50 %;
 * first name and surname the same in 262,393 pairs, half of them of two persons, the date of birth in 1,549,081.
 *
 * `node bench/identity/notables.ts --persons 5156 --seed 1 > file.csv`
 */
import { parseArgs } from 'node:util'
import type { Row } from './historical.ts'
import { createChance, letterOf, typo as typoIn } from './random.ts'
import {
  GIVEN_FEMALE,
  GIVEN_MALE,
  OCCUPATIONS,
  SHORT,
  SURNAME_ENDS,
  SURNAME_STARTS,
  TOWN_ENDS,
  TOWN_STARTS,
} from './words.ts'

const two = (value: number): string => String(value).padStart(2, '0')
const ORDINALS = ['1st', '2nd', '3rd', '4th', '5th', '6th', '7th', '8th', '9th']
const RANKS = ['baron', 'earl', 'viscount', 'marquess', 'duke']
const MIDDLES = ['', 'er', 'en', 'a', 'el']
const RECORDS_MAX = 19

interface Notable {
  /** The label first, then what it is called besides. */
  readonly labels: readonly string[]
  readonly birth: string
  readonly birthPlaces: readonly string[]
  readonly postcodes: readonly string[]
  readonly gender: string
  readonly occupations: readonly string[]
}

export const notableRows = (options: { readonly persons: number; readonly seed: number }): Row[] => {
  const chances = createChance(options.seed)
  const { random, below, pick } = chances
  const chance = chances.is
  /** By Zipf's law: the second half as often as the first, nearly. */
  const zipf = (items: readonly string[], power: number): (() => string) => {
    const sums: number[] = []
    let sum = 0
    for (let rank = 1; rank <= items.length; rank += 1) {
      sum += 1 / rank ** power
      sums.push(sum)
    }
    return () => {
      const at = random() * sum
      return items[sums.findIndex((each) => each > at)] as string
    }
  }
  const skewed = <T>(items: readonly T[], skew: number): T => items[Math.floor(items.length * random() ** skew)] as T
  const shuffled = (items: readonly string[]): string[] => [...items].sort(() => random() - 0.5)
  const surnames = shuffled(
    SURNAME_STARTS.flatMap((start) => MIDDLES.flatMap((middle) => SURNAME_ENDS.map((end) => start + middle + end))),
  ).slice(0, 5_000)
  const surnameOf = zipf(surnames, 0.55)
  const towns = shuffled(TOWN_STARTS.flatMap((start) => TOWN_ENDS.map((end) => start + end)))
  const wards = shuffled(SURNAME_STARTS.flatMap((start) => TOWN_ENDS.slice(0, 3).map((end) => start + end)))
  const areas = towns.map(() => `${letterOf(chances)}${letterOf(chances)}${1 + below(30)}`)
  const postcodeIn = (town: number): string => `${areas[town]} ${below(10)}${letterOf(chances)}${letterOf(chances)}`
  const rare = shuffled(
    SURNAME_STARTS.flatMap((start) => ['a', 'us', 'ine', 'ard', 'wyn', 'ian'].map((end) => start + end)),
  )
  const men = zipf([...GIVEN_MALE, ...rare.slice(0, 180)], 0.95)
  const women = zipf([...GIVEN_FEMALE, ...rare.slice(180, 300)], 0.9)
  const givenOf = (male: boolean): string => (male ? men() : women())

  const labelsOf = (male: boolean, given: string, surname: string): string[] => {
    const middle = Array.from({ length: [0, 0, 0, 1, 1, 2][below(6)] as number }, () =>
      chance(0.3) ? surnameOf() : givenOf(male),
    )
    const whole = [given, ...middle, surname].join(' ')
    const labels = [chance(0.6) ? `${given} ${surname}` : whole]
    if (male && chance(0.12)) {
      const title = `${pick(ORDINALS)} baronet`
      const titled = `sir ${given} ${surname}, ${title}`
      if (chance(0.15)) labels.unshift(titled)
      else labels.push(titled)
      if (chance(0.3)) labels.push(`sir ${given} ${surname}`)
    } else if (chance(0.07)) {
      const seat = pick(towns)
      const rank = pick(RANKS)
      labels.unshift(
        `${given} ${surname}, ${pick(ORDINALS)} ${rank} ${chance(0.5) ? surname : `${surname} of ${seat}`}`,
      )
      if (chance(0.6)) labels.push(`lord ${surname}`)
      if (chance(0.3)) labels.push(`${rank} ${seat}`)
    } else if (male && chance(0.05)) labels.push(`sir ${given} ${surname}`)
    if (middle.length > 0) {
      labels.push(whole)
      if (chance(0.4)) labels.push(`${[given, ...middle].map((word) => `${word.charAt(0)}.`).join(' ')} ${surname}`)
      if (chance(0.2)) labels.push(`${middle[0]} ${surname}`)
    }
    // A pen name, or a name by marriage.
    if (chance(0.05)) labels.push(`${givenOf(male)} ${surnameOf()}`)
    if (!male && chance(0.35)) labels.push(`${given} ${surnameOf()}`)
    return [...new Set(labels)]
  }

  const notable = (from: { readonly surname?: string; readonly given?: string; readonly town?: number }): Notable => {
    const male = chance(0.84)
    const given = from.given ?? givenOf(male)
    const surname = from.surname ?? surnameOf()
    const town = from.town ?? (chance(0.14) ? 0 : Math.floor(towns.length * random() ** 1.4))
    const year = 1660 + Math.floor(270 * random() ** 0.5)
    const birth = chance(0.48) ? `${year}-01-01` : `${year}-${two(1 + below(12))}-${two(1 + below(28))}`
    const home = chance(0.6) ? town : below(towns.length)
    const main = postcodeIn(home)
    return {
      labels: labelsOf(male, given, surname),
      birth,
      birthPlaces: [
        towns[town] as string,
        ...(chance(0.7) ? [skewed(wards, 1), towns[(town + 11) % towns.length] as string] : []),
      ],
      postcodes: [main, postcodeIn(home), postcodeIn(home), postcodeIn(below(towns.length)), postcodeIn(home)],
      gender: male ? 'male' : 'female',
      occupations: chance(0.66) ? [skewed(OCCUPATIONS, 1.8), ...(chance(0.5) ? [skewed(OCCUPATIONS, 1.8)] : [])] : [],
    }
  }

  /** What a name is written as besides: short for it, in another language, in another spelling. The same for all. */
  const others = new Map<string, readonly string[]>()
  const othersOf = (word: string): readonly string[] => {
    const known = others.get(word)
    if (known) return known
    const near = typoIn(chances, typoIn(chances, word))
    const far = typoIn(
      chances,
      `${word.slice(0, Math.ceil(word.length / 2))}${pick(['a', 'ie', 'o', 'en', 'us', 'ine'])}`,
    )
    const made = [...(SHORT[word] ?? []), near, far]
    others.set(word, made)
    return made
  }
  const otherwise = (text: string): string =>
    text
      .split(' ')
      .map((word, at, all) =>
        word.length > 3 && chance(at === all.length - 1 ? 0.35 : 0.7) ? pick(othersOf(word)) : word,
      )
      .join(' ')
  const record = (person: Notable, share: number): Omit<Row, 'unique_id' | 'cluster'> => {
    const isFirst = share < 0
    const wrong = (least: number, most: number): boolean => !isFirst && chance(least + (most - least) * share)
    let full = person.labels[0] as string
    if (wrong(0.35, 0.95)) {
      const kind = random()
      if (kind < 0.5) full = pick(person.labels)
      else if (kind < 0.9) full = otherwise(full)
      else full = typoIn(chances, full)
    }
    let words = full.split(' ')
    if (!isFirst) {
      words = words.filter((_, at) => at === 0 || at === words.length - 1 || chance(0.6))
      if (words.length > 1 && wrong(0, 0.4)) words = chance(0.5) ? words.slice(1) : words.slice(0, -1)
    }
    full = words.join(' ')
    const first = words[0] ?? ''
    const last = words.length > 1 ? (words.at(-1) ?? '') : ''
    const empty = (): boolean => wrong(0, 0.5)
    const digits = (text: string): string => {
      const at = 2 + below(text.length - 2)
      return /\d/.test(text.charAt(at)) ? `${text.slice(0, at)}${below(10)}${text.slice(at + 1)}` : text
    }
    const alternative = (list: readonly string[], least: number, most: number): string =>
      list.length === 0 ? '' : wrong(least, most) ? pick(list) : (list[0] as string)
    const postcode = alternative(person.postcodes, 0.05, 0.5)
    return {
      full_name: full,
      first_and_surname: `${first} ${last}`.trim(),
      first_name: first,
      surname: last,
      dob: empty() ? '' : wrong(0.15, 0.5) ? digits(person.birth) : person.birth,
      birth_place: wrong(0, 0.3) ? '' : alternative(person.birthPlaces, 0.15, 0.75),
      postcode_fake: empty() ? '' : wrong(0, 0.06) ? typoIn(chances, postcode) : postcode,
      gender: empty() ? '' : wrong(0, 0.02) ? (person.gender === 'male' ? 'female' : 'male') : person.gender,
      occupation: empty() ? '' : alternative(person.occupations, 0.1, 0.7),
    }
  }

  const rows: Row[] = []
  let person = 0
  const add = (one: Notable): void => {
    const id = `N${person}`
    person += 1
    const count = 1 + below(RECORDS_MAX)
    for (let at = 0; at < count; at += 1)
      rows.push({
        unique_id: `${id}-${at + 1}`,
        cluster: id,
        ...record(one, at === 0 ? -1 : count < 3 ? 0.5 : (at - 1) / (count - 2)),
      })
  }
  while (person < options.persons) {
    const given = givenOf(true)
    const surname = surnameOf()
    const town = below(towns.length)
    add(notable({ given, surname, town }))
    // A father and his sons: one surname and one town, now and then one name.
    if (chance(0.1) && person < options.persons) add(notable({ surname, town, ...(chance(0.3) && { given }) }))
  }
  return rows
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { persons: { type: 'string', default: '500' }, seed: { type: 'string', default: '1' } },
  })
  const rows = notableRows({ persons: Number(values.persons), seed: Number(values.seed) })
  const [head] = rows
  const quoted = (text: string): string => (text.includes(',') ? `"${text}"` : text)
  const lines = rows.map((row) => Object.values(row).map(quoted).join(','))
  process.stdout.write(`${[Object.keys(head ?? {}).join(','), ...lines].join('\n')}\n`)
}
