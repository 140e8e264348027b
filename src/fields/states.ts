/**
 * States, provinces and territories by ISO 3166-2 code, of the countries whose leads carry them.
 * US postal codes for the armed forces (AA, AE, AP) are added, as they stand in addresses.
 */
import { wordKey } from './text.ts'

export interface State {
  readonly country: string
  /** Without its country: `TX`. */
  readonly code: string
  readonly name: string
}

const US = `AL Alabama;AK Alaska;AZ Arizona;AR Arkansas;CA California;CO Colorado;CT Connecticut;DE Delaware;
DC District of Columbia;FL Florida;GA Georgia;HI Hawaii;ID Idaho;IL Illinois;IN Indiana;IA Iowa;KS Kansas;KY Kentucky;
LA Louisiana;ME Maine;MD Maryland;MA Massachusetts;MI Michigan;MN Minnesota;MS Mississippi;MO Missouri;MT Montana;
NE Nebraska;NV Nevada;NH New Hampshire;NJ New Jersey;NM New Mexico;NY New York;NC North Carolina;ND North Dakota;
OH Ohio;OK Oklahoma;OR Oregon;PA Pennsylvania;RI Rhode Island;SC South Carolina;SD South Dakota;TN Tennessee;TX Texas;
UT Utah;VT Vermont;VA Virginia;WA Washington;WV West Virginia;WI Wisconsin;WY Wyoming;AS American Samoa;GU Guam;
MP Northern Mariana Islands;PR Puerto Rico;VI U.S. Virgin Islands;AA Armed Forces Americas;AE Armed Forces Europe;
AP Armed Forces Pacific`

const CA = `AB Alberta;BC British Columbia;MB Manitoba;NB New Brunswick;NL Newfoundland and Labrador;NS Nova Scotia;
NT Northwest Territories;NU Nunavut;ON Ontario;PE Prince Edward Island;QC Quebec;SK Saskatchewan;YT Yukon`

const AU = `ACT Australian Capital Territory;NSW New South Wales;NT Northern Territory;QLD Queensland;
SA South Australia;TAS Tasmania;VIC Victoria;WA Western Australia`

const GB = 'ENG England;NIR Northern Ireland;SCT Scotland;WLS Wales'

const DE = `BW Baden-Württemberg;BY Bavaria;BE Berlin;BB Brandenburg;HB Bremen;HH Hamburg;HE Hesse;
MV Mecklenburg-Vorpommern;NI Lower Saxony;NW North Rhine-Westphalia;RP Rhineland-Palatinate;SL Saarland;SN Saxony;
ST Saxony-Anhalt;SH Schleswig-Holstein;TH Thuringia`

const MX = `AGU Aguascalientes;BCN Baja California;BCS Baja California Sur;CAM Campeche;CHP Chiapas;CHH Chihuahua;
CMX Ciudad de México;COA Coahuila;COL Colima;DUR Durango;GUA Guanajuato;GRO Guerrero;HID Hidalgo;JAL Jalisco;MEX México;
MIC Michoacán;MOR Morelos;NAY Nayarit;NLE Nuevo León;OAX Oaxaca;PUE Puebla;QUE Querétaro;ROO Quintana Roo;
SLP San Luis Potosí;SIN Sinaloa;SON Sonora;TAB Tabasco;TAM Tamaulipas;TLA Tlaxcala;VER Veracruz;YUC Yucatán;ZAC Zacatecas`

const BR = `AC Acre;AL Alagoas;AP Amapá;AM Amazonas;BA Bahia;CE Ceará;DF Distrito Federal;ES Espírito Santo;GO Goiás;
MA Maranhão;MT Mato Grosso;MS Mato Grosso do Sul;MG Minas Gerais;PA Pará;PB Paraíba;PR Paraná;PE Pernambuco;PI Piauí;
RJ Rio de Janeiro;RN Rio Grande do Norte;RS Rio Grande do Sul;RO Rondônia;RR Roraima;SC Santa Catarina;SP São Paulo;
SE Sergipe;TO Tocantins`

const IN = `AP Andhra Pradesh;AR Arunachal Pradesh;AS Assam;BR Bihar;CG Chhattisgarh;GA Goa;GJ Gujarat;HR Haryana;
HP Himachal Pradesh;JH Jharkhand;KA Karnataka;KL Kerala;MP Madhya Pradesh;MH Maharashtra;MN Manipur;ML Meghalaya;
MZ Mizoram;NL Nagaland;OD Odisha;PB Punjab;RJ Rajasthan;SK Sikkim;TN Tamil Nadu;TS Telangana;TR Tripura;UP Uttar Pradesh;
UK Uttarakhand;WB West Bengal;AN Andaman and Nicobar Islands;CH Chandigarh;DH Dadra and Nagar Haveli and Daman and Diu;
DL Delhi;JK Jammu and Kashmir;LA Ladakh;LD Lakshadweep;PY Puducherry`

const ALIASES: Readonly<Record<string, string>> = {
  'washington dc': 'US-DC',
  'virgin islands': 'US-VI',
  'commonwealth of massachusetts': 'US-MA',
  newfoundland: 'CA-NL',
  nf: 'CA-NL',
  pq: 'CA-QC',
  pei: 'CA-PE',
  'yukon territory': 'CA-YT',
  bayern: 'DE-BY',
  hessen: 'DE-HE',
  niedersachsen: 'DE-NI',
  'nordrhein westfalen': 'DE-NW',
  nrw: 'DE-NW',
  'rheinland pfalz': 'DE-RP',
  sachsen: 'DE-SN',
  'sachsen anhalt': 'DE-ST',
  thuringen: 'DE-TH',
  'mexico city': 'MX-CMX',
  cdmx: 'MX-CMX',
  'estado de mexico': 'MX-MEX',
  orissa: 'IN-OD',
  'new delhi': 'IN-DL',
  pondicherry: 'IN-PY',
}

const parse = (country: string, table: string): State[] =>
  table.split(';').map((entry) => {
    const [code = '', ...name] = entry.trim().split(/\s+/)
    return { country, code, name: name.join(' ') }
  })

const all: readonly State[] = Object.entries({ US, CA, AU, GB, DE, MX, BR, IN }).flatMap(([country, table]) =>
  parse(country, table),
)

const byIso: ReadonlyMap<string, State> = new Map(all.map((state) => [`${state.country}-${state.code}`, state]))

/**
 * Countries searched in this order where the lead's own does not decide. The states of the others want their country:
 * else any slip of the pen would be a state somewhere in the world.
 */
const COUNTRIES = ['US', 'CA', 'AU', 'GB']

const byWord: ReadonlyMap<string, ReadonlyMap<string, State>> = new Map(
  [...new Set(all.map((state) => state.country))].map((country) => {
    const own = all.filter((state) => state.country === country)
    const words = own.flatMap((state) => [
      [state.code.toLowerCase(), state] as const,
      [wordKey(state.name), state] as const,
    ])
    const aliases = Object.entries(ALIASES).flatMap(([word, iso]) => {
      const state = own.find((candidate) => iso === `${country}-${candidate.code}`)
      return state ? [[word, state] as const] : []
    })
    return [country, new Map([...words, ...aliases])]
  }),
)

const inOrder = (country: string): string[] => [country, ...COUNTRIES.filter((other) => other !== country)]

/** A state by code, name or ISO 3166-2 code (`US-TX`), the given country first; undefined where none is known. */
export const findState = (text: string, country: string): State | undefined => {
  const exact = byIso.get(text.toUpperCase())
  if (exact) return exact
  const word = wordKey(text)
  for (const candidate of inOrder(country)) {
    const found = byWord.get(candidate)?.get(word)
    if (found) return found
  }
  return undefined
}
