/** The operator's table of postal codes: a CSV file with the columns postal_code, latitude, longitude, and country where it has several. */
import { readFile } from 'node:fs/promises'
import { Fault } from './base/faults.ts'
import type { Place, PostalPlaces } from './kit/places.ts'

const keyOf = (country: string, code: string): string => {
  const bare = code.trim().toUpperCase().replace(/\s+/g, '')
  return `${country.toUpperCase()} ${/^\d{5}-\d{4}$/.test(bare) ? bare.slice(0, 5) : bare}`
}

const CODE = ['postal_code', 'zip', 'zipcode', 'zip_code', 'postcode']
const LATITUDE = ['latitude', 'lat']
const LONGITUDE = ['longitude', 'lng', 'lon', 'long']
const COUNTRY = ['country', 'country_code']

const unquoted = (value: string | undefined): string =>
  (value ?? '')
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim()

const wrong = (file: string, what: string): Fault =>
  new Fault('setting_invalid', { message: `POSTAL_CODES_FILE: ${file} ${what}` })

/** Reads a table out of its text. Throws Fault `setting_invalid` that names the line. */
export const readPostalCodes = (text: string, file: string): PostalPlaces => {
  const [head = '', ...lines] = text.replace(/^\ufeff/, '').split(/\r?\n/)
  const delimiter = [';', '\t'].find((mark) => head.includes(mark)) ?? ','
  const headers = head.split(delimiter).map((name) => unquoted(name).toLowerCase().replaceAll(' ', '_'))
  const at = (names: readonly string[]): number => headers.findIndex((header) => names.includes(header))
  const [code, latitude, longitude, country] = [at(CODE), at(LATITUDE), at(LONGITUDE), at(COUNTRY)]
  if (code < 0 || latitude < 0 || longitude < 0)
    throw wrong(file, 'has not the columns postal_code, latitude and longitude')
  const places = new Map<string, Place>()
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const values = line.split(delimiter).map(unquoted)
    const place = {
      latitude: Number(values[latitude] || Number.NaN),
      longitude: Number(values[longitude] || Number.NaN),
    }
    if (!(Math.abs(place.latitude) <= 90 && Math.abs(place.longitude) <= 180) || !values[code])
      throw wrong(file, `cannot be read in line ${index + 2}: expected a code and its degrees`)
    places.set(keyOf((country < 0 ? '' : values[country]) || 'US', values[code]), place)
  }
  return { find: (inCountry, wanted) => places.get(keyOf(inCountry, wanted)) ?? null }
}

export const loadPostalCodes = async (file: string): Promise<PostalPlaces> => {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    throw wrong(file, 'cannot be read')
  }
  return readPostalCodes(text, file)
}
