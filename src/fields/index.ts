/** The field types, by name. A type is added as a file of its own and a line here. */
import type { FieldType } from '../kit/field.ts'
import { boolean } from './boolean.ts'
import { country } from './country.ts'
import { date } from './date.ts'
import { email } from './email.ts'
import { firstName } from './first-name.ts'
import { ip } from './ip.ts'
import { lastName } from './last-name.ts'
import { number } from './number.ts'
import { phone } from './phone.ts'
import { postalCode } from './postal-code.ts'
import { state } from './state.ts'
import { string } from './string.ts'
import { url } from './url.ts'

export const fieldTypes: Readonly<Record<string, FieldType>> = {
  string,
  number,
  boolean,
  email,
  phone,
  first_name: firstName,
  last_name: lastName,
  state,
  postal_code: postalCode,
  country,
  url,
  ip,
  date,
}
