import { defineField } from '../kit/field.ts'
import { clean, isMasked, lineOf, wordKey } from './text.ts'

const TITLE_CHARS_MAX = 200

/** Words that tell, between spaces; the first row that fits is the answer. */
type Rows = readonly (readonly [name: string, words: RegExp])[]

const words = (list: string): RegExp => new RegExp(`(?:^| )(?:${list.trim().replace(/\s*\|\s*/g, '|')})(?= |$)`)

// From the most senior down, but for assistants, who serve the title they name.
const SENIORITIES: Rows = [
  [
    'assistant',
    words('(?:executive |personal )?assistants? (?:to|of) .*|(?:executive|personal|administrative) assistant'),
  ],
  ['owner', words('owner|co owner|founder|co founder|cofounder|proprietor|entrepreneur|inhaber|gesellschafter')],
  ['vp', words('vp|svp|evp|avp|vice president|vicepresident')],
  [
    'c_level',
    words(
      `c[a-z]?[eftimodprshx]o|chief .* officer|chief executive|chief of staff|president|chairman|chairwoman|chairperson|chair|
      managing director|managing partner|geschaftsfuhrer(?:in)?|directeur general|general director|vorstand`,
    ),
  ],
  ['partner', words('partner|principal')],
  ['director', words('director|directora|directeur|direktor(?:in)?|dir')],
  ['head', words('head|leiter(?:in)?|responsable|dean')],
  ['manager', words('manager|mgr|gerente|supervisor|superintendent|foreman|team lead|team leader|lead|controller')],
  ['senior', words('senior|sr|staff|expert|architect')],
  ['intern', words('intern|trainee|apprentice|student|praktikant(?:in)?|stagiaire|becario|werkstudent(?:in)?')],
  ['junior', words('junior|jr|entry level|graduate|assistant|aide|helper')],
]

const FUNCTIONS: Rows = [
  [
    'human_resources',
    words('hr|human resources?|people|talent|recruit(?:er|ing|ment)|personnel|chro|payroll|benefits'),
  ],
  [
    'information_technology',
    words(
      'it|information technology|cio|ciso|systems?|network|infrastructure|sysadmin|help ?desk|cyber ?security|security engineer|information security',
    ),
  ],
  [
    'engineering',
    words(
      'engineer|engineering|developer|software|devops|cto|programmer|architect|data scientist|r d|research|ingenieur|entwickler(?:in)?',
    ),
  ],
  ['data', words('data|analytics|business intelligence|bi|statistician')],
  ['product', words('product|cpo|ux|ui|designer|design')],
  [
    'marketing',
    words(
      'marketing|cmo|brand|growth|seo|ppc|communications|public relations|pr|content|social media|demand generation|advertising',
    ),
  ],
  [
    'sales',
    words(
      'sales?|account executive|account manager|business development|bdr|sdr|cro|revenue|vertrieb|ventas|commercial|broker',
    ),
  ],
  ['customer_service', words('customer|client|support|service|success')],
  [
    'finance',
    words('finance|financial|cfo|accounting|accountant|controller|treasurer|bookkeeper|auditor|tax|actuary|billing'),
  ],
  ['legal', words('legal|lawyer|attorney|counsel|paralegal|clo|compliance|privacy|contracts?')],
  ['purchasing', words('purchasing|procurement|buyer|sourcing|supply chain|logistics|warehouse')],
  [
    'operations',
    words(
      'operations?|coo|ops|plant|manufacturing|production|facilit(?:y|ies)|maintenance|quality|project|program|superintendent|foreman|office',
    ),
  ],
  [
    'medical',
    words(
      'doctor|physician|nurse|rn|medical|clinical|dentist|dental|pharmacist|therapist|surgeon|veterinarian|health|care',
    ),
  ],
  ['education', words('teacher|professor|principal|education|instructor|lecturer|dean|school|faculty|academic')],
  [
    'trades',
    words(
      'electrician|plumber|carpenter|roofer|contractor|mechanic|technician|driver|welder|painter|installer|builder',
    ),
  ],
  [
    'general_management',
    words(
      'ceo|owner|co owner|founder|co founder|cofounder|president|managing director|managing partner|general manager|chief executive(?: officer)?|chairman|chairwoman|chair|geschaftsfuhrer(?:in)?|entrepreneur|partner|proprietor|executive director',
    ),
  ],
]

const firstOf = (rows: Rows, key: string): string | null => rows.find(([, pattern]) => pattern.test(key))?.[0] ?? null

export const jobTitle = defineField({
  type: 'job_title',
  summary:
    'A job title as written, with what its words tell of seniority (`owner`, `c_level`, `partner`, `vp`, `director`, `head`, `manager`, `senior`, `junior`, `assistant`, `intern`) and function (`sales`, `finance`, `engineering`, …). English, with the commonest words of German, French and Spanish. Null where no word tells.',
  // In a small company it names one person.
  personal: true,
  value: 'string',
  parts: { seniority: 'string', function: 'string' },
  examples: ['VP of Sales', 'Chief Financial Officer', 'Sr. Software Engineer', 'Owner', 'Nurse', 'Gla***', '-'],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    const line = lineOf(text)
    const normal = line === '' || line.length > TITLE_CHARS_MAX ? null : line
    const masked = isMasked(line)
    const valid = normal !== null && /\p{L}/u.test(normal) && !masked
    const key = valid ? wordKey(normal) : ''
    return {
      raw: kept,
      normal,
      valid,
      masked,
      parts: {
        seniority: valid ? firstOf(SENIORITIES, key) : null,
        function: valid ? firstOf(FUNCTIONS, key) : null,
      },
    }
  },
})
