/** The field types, by name. A type is added as a file of its own and a line here. */
import type { FieldType } from '../kit/field.ts'
import { boolean } from './boolean.ts'
import { certificateUrl } from './certificate-url.ts'
import { city } from './city.ts'
import { company } from './company.ts'
import { country } from './country.ts'
import { credential } from './credential.ts'
import { currency } from './currency.ts'
import { date } from './date.ts'
import { datetime } from './datetime.ts'
import { dob } from './dob.ts'
import { domain } from './domain.ts'
import { email } from './email.ts'
import { firstName } from './first-name.ts'
import { fullAddress } from './full-address.ts'
import { fullName } from './full-name.ts'
import { gender } from './gender.ts'
import { ip } from './ip.ts'
import { jobTitle } from './job-title.ts'
import { lastName } from './last-name.ts'
import { list } from './list.ts'
import { number } from './number.ts'
import { phone } from './phone.ts'
import { postalCode } from './postal-code.ts'
import { range } from './range.ts'
import { ssn } from './ssn.ts'
import { state } from './state.ts'
import { street } from './street.ts'
import { string } from './string.ts'
import { time } from './time.ts'
import { url } from './url.ts'
import { userAgent } from './user-agent.ts'
import { utm } from './utm.ts'
import { uuid } from './uuid.ts'

export const fieldTypes: Readonly<Record<string, FieldType>> = {
  string,
  list,
  number,
  currency,
  range,
  boolean,
  date,
  time,
  datetime,
  first_name: firstName,
  last_name: lastName,
  full_name: fullName,
  dob,
  gender,
  email,
  phone,
  street,
  city,
  state,
  postal_code: postalCode,
  country,
  full_address: fullAddress,
  company,
  job_title: jobTitle,
  domain,
  url,
  utm,
  ip,
  user_agent: userAgent,
  certificate_url: certificateUrl,
  ssn,
  credential,
  uuid,
}
