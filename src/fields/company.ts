import { defineField } from '../kit/field.ts'
import { clean, isMasked, lineOf, wordKey } from './text.ts'

const COMPANY_CHARS_MAX = 300

// What a register adds to a name, without dots and spaces, and how the part writes it. Sorted by country: English,
// German, French and Belgian, Italian and Spanish, Dutch, Nordic, Polish and Czech, Portuguese, Asian.
const FORMS: ReadonlyMap<string, string> = new Map(
  `inc:Inc.;incorporated:Inc.;corp:Corp.;corporation:Corp.;co:Co.;company:Co.;llc:LLC;lc:LC;llp:LLP;lp:LP;lllp:LLLP;
  pllc:PLLC;pc:PC;pa:PA;ltd:Ltd.;limited:Ltd.;ltdco:Ltd. Co.;plc:PLC;cic:CIC;pty:Pty;ptyltd:Pty Ltd;pvtltd:Pvt. Ltd.;
  privatelimited:Pvt. Ltd.;coltd:Co., Ltd.;ulc:ULC;trust:Trust;gmbh:GmbH;ggmbh:gGmbH;ag:AG;kg:KG;ohg:OHG;gbr:GbR;ug:UG;
  ughaftungsbeschrankt:UG;ev:e.V.;eg:eG;ek:e.K.;gmbhcokg:GmbH & Co. KG;gmbhandcokg:GmbH & Co. KG;se:SE;sa:SA;sas:SAS;
  sasu:SASU;sarl:SARL;eurl:EURL;sprl:SPRL;srl:SRL;spa:SpA;snc:SNC;sl:SL;slu:SLU;sadecv:SA de CV;sapidecv:SAPI de CV;
  sderldecv:S de RL de CV;bv:BV;nv:NV;vof:VOF;ab:AB;as:AS;asa:ASA;aps:ApS;oy:Oy;oyj:Oyj;spzoo:Sp. z o.o.;spolsro:s.r.o.;
  sro:s.r.o.;kft:Kft.;ltda:Ltda.;lda:Lda.;eireli:EIRELI;kk:KK;bhd:Bhd.;sdnbhd:Sdn. Bhd.;pteltd:Pte. Ltd.;fzco:FZCO;
  fzllc:FZ-LLC`
    .split(';')
    .map((entry) => {
      const [key = '', written = ''] = entry.trim().split(':')
      return [key, written] as const
    }),
)

const FORM_WORDS_MAX = 5

// What is written where there is no company to name.
const BLANKS: ReadonlySet<string> = new Set(
  'na none null nil no unknown notapplicable notprovided self selfemployed unemployed retired individual test'.split(
    ' ',
  ),
)

const formKey = (text: string): string => wordKey(text).replaceAll(' ', '')

/** The name without its legal form, the longest form first: `Co., Ltd.` before `Ltd.`. */
const takenApart = (line: string): { readonly name: string; readonly form: string | null } => {
  const words = line.split(' ')
  for (let count = Math.min(FORM_WORDS_MAX, words.length - 1); count > 0; count -= 1) {
    const form = FORMS.get(formKey(words.slice(-count).join(' ')))
    const name = words
      .slice(0, -count)
      .join(' ')
      .replace(/[\s,&-]+$/, '')
    if (form !== undefined && /[\p{L}\p{N}]/u.test(name)) return { name, form }
  }
  return { name: line, form: null }
}

export const company = defineField({
  type: 'company',
  summary:
    'A company’s name, spaces collapsed, otherwise as written. Its legal form (`Inc.`, `GmbH`, `Pty Ltd`) stands apart in the parts, and `key` is the name in small letters without form, accents and punctuation, for comparing. `n/a`, `none`, `self-employed` and the like are not valid.',
  // Of itself it names no person, but sole traders trade under their own name.
  personal: true,
  value: 'string',
  parts: { name: 'string', legal_form: 'string', key: 'string' },
  examples: ['Example Widgets, Inc.', 'EXAMPLE GMBH & CO. KG', 'Example Co., Ltd.', '3 Examples', 'n/a', 'Exa*** Inc'],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    const line = lineOf(text)
    const masked = isMasked(line)
    const normal = line === '' || line.length > COMPANY_CHARS_MAX ? null : line
    const key = normal === null ? '' : wordKey(normal)
    const valid = key !== '' && !masked && !BLANKS.has(key.replaceAll(' ', ''))
    const { name, form } = valid && normal !== null ? takenApart(normal) : { name: null, form: null }
    return {
      raw: kept,
      normal,
      valid,
      masked,
      parts: { name, legal_form: form, key: name === null ? null : wordKey(name.replaceAll('&', ' and ')) },
    }
  },
})
