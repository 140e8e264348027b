/**
 * Made-up persons of the past, several records each, to see whether linkage generalizes: nicknames, titles, other names,
 * typing errors, swapped names, missing values, years written as the first of January, homes that change, families,
 * namesakes, twins. Seeded: the same seed gives the same file.
 *
 * `node bench/identity/historical.ts --persons 5000 --seed 1 --noise 1 > file.csv`
 */
import { parseArgs } from 'node:util'
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

export interface Row {
  readonly unique_id: string
  readonly cluster: string
  readonly full_name: string
  readonly first_and_surname: string
  readonly first_name: string
  readonly surname: string
  readonly dob: string
  readonly birth_place: string
  readonly postcode_fake: string
  readonly gender: string
  readonly occupation: string
}

interface Human {
  readonly given: string
  readonly middle: readonly string[]
  readonly surname: string
  readonly title: string
  readonly male: boolean
  readonly year: number
  readonly month: number
  readonly day: number
  readonly town: number
  readonly occupation: string
  /** Full names this person goes by; the first is the usual one. */
  readonly names: readonly string[]
  readonly postcodes: readonly string[]
}

const two = (value: number): string => String(value).padStart(2, '0')

export const historicalRows = (options: {
  readonly persons: number
  readonly seed: number
  /** How much more goes wrong than usual: 1 is usual. */
  readonly noise: number
}): Row[] => {
  const chances = createChance(options.seed)
  const { random, below, pick } = chances
  const chance = chances.is
  const flaw = (probability: number): boolean => chance(Math.min(0.9, probability * options.noise))
  /** Few are common, many are rare. */
  const skewed = <T>(items: readonly T[]): T => items[Math.floor(items.length * random() ** 2.2)] as T

  const surnames = SURNAME_STARTS.flatMap((start) => SURNAME_ENDS.map((end) => start + end)).sort(() => random() - 0.5)
  const towns = TOWN_STARTS.flatMap((start) => TOWN_ENDS.slice(0, 6).map((end) => start + end)).sort(
    () => random() - 0.5,
  )
  const areas = towns.map(() => `${letterOf(chances)}${letterOf(chances)}${1 + below(30)}`)
  const postcodeIn = (town: number): string => `${areas[town]} ${below(10)}${letterOf(chances)}${letterOf(chances)}`

  const typo = (text: string): string => typoIn(chances, text)

  const namesOf = (given: string, middle: readonly string[], surname: string, title: string): string[] => {
    const names = [`${given} ${surname}`, [given, ...middle, surname].join(' ')]
    if (title !== '') names.push(`${given} ${surname}, ${title}`, `${title} ${surname}`, `${given} ${title}`)
    const short = SHORT[given]
    if (short) names.push(`${pick(short)} ${surname}`)
    if (middle.length > 0) names.push(`${given.charAt(0)} ${middle[0]} ${surname}`, `${middle[0]} ${surname}`)
    // A pen name, a name by marriage: nothing of the first is left, or only the given name.
    if (flaw(0.05)) names.push(`${given} ${skewed(surnames)}`)
    if (flaw(0.02)) names.push(`${pick(GIVEN_MALE)} ${skewed(surnames)}`)
    return names
  }

  const human = (from: Partial<Human>): Human => {
    const male = from.male ?? chance(0.75)
    const given = from.given ?? skewed(male ? GIVEN_MALE : GIVEN_FEMALE)
    const middle = from.middle ?? (chance(0.4) ? [skewed(male ? GIVEN_MALE : GIVEN_FEMALE)] : [])
    const surname = from.surname ?? skewed(surnames)
    const town = from.town ?? Math.floor(towns.length * random() ** 2)
    const rank = pick(['baron', 'earl', 'baronet', 'viscount'])
    const title = from.title ?? (chance(0.12) ? `${1 + below(9)}th ${rank} of ${pick(towns)}` : '')
    const year = from.year ?? 1600 + Math.floor(350 * random() ** 0.6)
    const postcodes = Array.from({ length: 1 + below(4) }, () => postcodeIn(town))
    return {
      given,
      middle,
      surname,
      title,
      male,
      year,
      month: from.month ?? 1 + below(12),
      day: from.day ?? 1 + below(28),
      town,
      occupation: from.occupation ?? skewed(OCCUPATIONS),
      names: namesOf(given, middle, surname, title),
      postcodes,
    }
  }

  const birthOf = (person: Human): string => {
    const whole = `${person.year}-${two(person.month)}-${two(person.day)}`
    if (flaw(0.2)) return ''
    if (flaw(0.12)) return `${person.year}-01-01`
    if (flaw(0.04)) return `${person.year}-${two(Math.min(12, person.day))}-${two(person.month)}`
    if (flaw(0.06)) return `${person.year + pick([-10, -1, 1, 10])}-${two(person.month)}-${two(person.day)}`
    return flaw(0.08) ? `${person.year}-${two(1 + below(12))}-${two(1 + below(28))}` : whole
  }

  const record = (person: Human): Omit<Row, 'unique_id' | 'cluster'> => {
    let full = chance(0.45) ? (person.names[0] as string) : pick(person.names)
    if (flaw(0.14)) full = typo(full)
    if (flaw(0.05)) full = typo(typo(full))
    const words = full.replace(/,/g, '').split(' ')
    if (flaw(0.05) && words.length > 2) full = words.filter((_, at) => at !== 1).join(' ')
    let first = words[0] ?? ''
    let last = words.length > 1 ? (words.at(-1) ?? '') : ''
    if (flaw(0.03)) [first, last] = [last, first]
    if (flaw(0.02)) first = first.slice(0, 1)
    if (flaw(0.02)) last = last.slice(0, 4)
    const town = towns[person.town] as string
    return {
      full_name: full,
      first_and_surname: `${first} ${last}`.trim(),
      first_name: flaw(0.03) ? '' : first,
      surname: flaw(0.05) ? '' : last,
      dob: birthOf(person),
      birth_place: flaw(0.25)
        ? ''
        : flaw(0.12)
          ? (towns[(person.town + 7) % towns.length] as string)
          : flaw(0.05)
            ? typo(town)
            : town,
      postcode_fake: flaw(0.22) ? '' : flaw(0.05) ? typo(pick(person.postcodes)) : pick(person.postcodes),
      gender: flaw(0.2) ? '' : person.male ? 'male' : 'female',
      occupation: flaw(0.28) ? '' : flaw(0.1) ? skewed(OCCUPATIONS) : person.occupation,
    }
  }

  const people: Human[] = []
  while (people.length < options.persons) {
    const first = human({})
    people.push(first)
    if (chance(0.12)) {
      // Kin: a child of the same name, brothers and sisters, twins.
      const { surname, town, occupation, title } = first
      const kind = below(12) === 0 ? 2 : below(2)
      if (kind === 0)
        people.push(
          human({
            surname,
            town,
            occupation,
            title,
            given: first.given,
            male: first.male,
            year: first.year + 20 + below(15),
          }),
        )
      if (kind === 1) people.push(human({ surname, town, year: first.year + 1 + below(6) }))
      if (kind === 2) people.push(human({ surname, town, year: first.year, month: first.month, day: first.day }))
    }
    if (chance(0.05)) people.push(human({ given: first.given, surname: first.surname, male: first.male }))
  }
  const rows: Row[] = []
  for (const [at, person] of people.slice(0, options.persons).entries()) {
    const count = chance(0.1) ? 1 : 2 + Math.floor(16 * random() ** 1.3)
    for (let n = 1; n <= count; n += 1) rows.push({ unique_id: `H${at}-${n}`, cluster: `H${at}`, ...record(person) })
  }
  return rows
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      persons: { type: 'string', default: '500' },
      seed: { type: 'string', default: '1' },
      noise: { type: 'string', default: '1' },
    },
  })
  const rows = historicalRows({
    persons: Number(values.persons),
    seed: Number(values.seed),
    noise: Number(values.noise),
  })
  const [head] = rows
  const quoted = (text: string): string => (text.includes(',') ? `"${text}"` : text)
  const lines = rows.map((row) => Object.values(row).map(quoted).join(','))
  process.stdout.write(`${[Object.keys(head ?? {}).join(','), ...lines].join('\n')}\n`)
}
