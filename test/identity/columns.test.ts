/** What the columns of a list of persons are taken for. */
import { describe, expect, it } from 'vitest'
import { notableRows } from '../../bench/identity/notables.ts'
import { agreementOf } from '../../src/identity/evaluate.ts'
import { type Role, rolesOf } from '../../src/identity/roles.ts'
import { linkRows } from '../support/identity-link.ts'

const mapped = (maps: Readonly<Record<string, Role>>, ...headers: string[]) =>
  rolesOf(
    headers.map((header) => ({ header, values: [] })),
    new Map(Object.entries(maps)),
  )
const roles = (...headers: string[]) => mapped({}, ...headers)

describe('a date of birth in several columns', () => {
  it.each([
    [['birth_year', 'birth_month', 'birth_day']],
    [['Year of birth', 'Month of birth', 'Day of birth']],
    [['dob_y', 'dob_m', 'dob_d']],
    [['BirthYear', 'BirthMonth', 'BirthDay']],
  ])('is known by its headers: %j', (headers) => {
    expect(roles('first_name', ...headers)).toEqual(['given_name', 'birth_year', 'birth_month', 'birth_day'])
  })

  it('is the whole date where the other parts are missing', () => {
    expect(roles('birth_day')).toEqual(['birth_date'])
    expect(roles('year of birth')).toEqual(['birth_date'])
    expect(roles('date of birth', 'birthday')).toEqual(['birth_date', 'birth_date'])
    expect(roles('birthday', 'birth_month', 'birth_year')).toEqual(['birth_date', 'birth_month', 'birth_year'])
    expect(roles('birthday', 'birth_year', 'birth_month', 'birth_day')).toEqual([
      'birth_date',
      'birth_year',
      'birth_month',
      'birth_day',
    ])
  })

  it('is whole where somebody says which column the missing part is', () => {
    expect(mapped({ by: 'birth_year' }, 'by', 'birth_month', 'birth_day')).toEqual([
      'birth_year',
      'birth_month',
      'birth_day',
    ])
    expect(mapped({ by: 'birth_year' }, 'by', 'birth_day')).toEqual(['birth_year', 'birth_date'])
  })

  it('links as the same date in one column does', () => {
    const rows = notableRows({ persons: 60, seed: 5 })
    const known = rows.map(({ first_name, surname, postcode_fake, dob }) => ({
      first_name,
      surname,
      postcode_fake,
      dob,
    }))
    const whole = linkRows(
      ['first_name', 'surname', 'postcode_fake', 'dob'],
      known.map((row) => [row.first_name, row.surname, row.postcode_fake, row.dob]),
    )
    const split = linkRows(
      ['first_name', 'surname', 'postcode_fake', 'birth_year', 'birth_month', 'birth_day'],
      known.map((row) => {
        const [year = '', month = '', day = ''] = row.dob.split('-')
        return [
          row.first_name,
          row.surname,
          row.postcode_fake,
          year,
          String(Number(month) || ''),
          String(Number(day) || ''),
        ]
      }),
    )
    const truth = rows.map(({ cluster }) => cluster)
    expect(agreementOf(whole.clusters, truth).f1).toBeGreaterThan(0.8)
    expect(split.clusters).toEqual(whole.clusters)
  })
})
