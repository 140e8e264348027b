/** The posting instructions of one source as a page. It loads nothing and runs no script. */
import type { Sample } from './formats.ts'
import type { SubmissionSpec } from './spec.ts'

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const e = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign)

/** Words in which names stand between backticks. */
const prose = (text: string): string => e(text).replace(/`([^`]+)`/g, '<code>$1</code>')

const NAMES: Readonly<Record<Sample['format'], string>> = {
  json: 'JSON',
  form: 'Form',
  xml: 'XML',
  query: 'In the address (GET)',
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** The call for a terminal. The key stands in an environment variable, so that it is in no history. */
export const curlOf = (sample: Sample, url: string): string => {
  const key = `-H "Authorization: Bearer $KEY"`
  if (sample.method === 'GET') return `curl ${key} ${quoted(url + sample.query)}`
  return `curl -X POST ${quoted(url)} \\\n  ${key} \\\n  -H ${quoted(`Content-Type: ${sample.content_type}`)} \\\n  --data-binary ${quoted(sample.body ?? '')}`
}

const row = (...cells: readonly string[]): string => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`

const head = (...cells: readonly string[]): string =>
  `<thead><tr>${cells.map((cell) => `<th scope="col">${cell}</th>`).join('')}</tr></thead>`

const answers = (spec: SubmissionSpec): string => {
  const accepted = {
    outcome: 'success',
    lead_id: '01a20767-34dd-7067-84a6-48e4c9f07dca',
    accepted: true,
    price: 0,
    duration: 12,
    reason: null,
    code: null,
    destinations: {},
  }
  const [field] = spec.fields
  const refused = {
    ...accepted,
    outcome: 'failure',
    accepted: false,
    reason: `Missing required field: ${field?.field ?? 'email'}`,
    code: 'missing_field',
    field_errors: { [field?.field ?? 'email']: 'Missing required field' },
  }
  return `<table>${head('Status', 'Means')}<tbody>
${row(String(spec.source.success_status), 'Accepted. <code>price</code> is what you are paid for it.')}
${row('202', 'Taken in, and not decided yet: <code>accepted</code> is null.')}
${row('409', 'A duplicate: <code>duplicate_of</code> names the lead.')}
${row('422', 'Turned away: <code>reason</code> is for people, <code>code</code> for programs, <code>field_errors</code> tells what is wrong with each field.')}
${row('400, 415', 'The body cannot be read; the answer says where.')}
${row('401, 403', 'The key is missing or wrong, or the source is switched off.')}
${row('429, 503', 'Too many at once, or not now: send it again after <code>Retry-After</code> seconds.')}
</tbody></table>
<p>Accepted:</p><pre><code>${e(JSON.stringify(accepted, null, 2))}</code></pre>
<p>Turned away:</p><pre><code>${e(JSON.stringify(refused, null, 2))}</code></pre>`
}

const rulesOf = (spec: SubmissionSpec): string => {
  const required = spec.fields.filter(({ required: is }) => is)
  const items = [
    ...(required.length > 0
      ? [`These fields are there and valid: ${required.map(({ label }) => e(label)).join(', ')}.`]
      : []),
    ...spec.rules.map(({ words, reason }) => `${prose(words)}.${reason === null ? '' : ` Otherwise: “${e(reason)}”.`}`),
    ...(spec.lists.length > 0 ? ['It stands on no suppression list.'] : []),
    ...(spec.verified ? ['It passes a verification.'] : []),
  ]
  if (items.length === 0) return '<p>Every lead that can be read is taken.</p>'
  return `<p>A lead is accepted where all of this holds:</p><ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>`
}

export const submissionPage = (spec: SubmissionSpec, base: string): string => {
  const url = `${base}${spec.path}`
  const notes = [
    spec.source.enabled ? '' : '<p role="note"><strong>This source is switched off: it answers 403.</strong></p>',
    spec.unmet.length === 0
      ? ''
      : `<p role="note">The samples below do not fulfil: ${spec.unmet.map(prose).join('; ')}.</p>`,
  ]
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Posting instructions: ${e(spec.source.name)}, ${e(spec.flow.name)}</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1rem/1.6 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1.25rem }
  table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
  pre { overflow-x: auto; padding: .75rem; border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .4rem }
  code { font-size: .92em }
  .wide { overflow-x: auto }
</style>
<main>
<h1>Posting instructions</h1>
<p>How <strong>${e(spec.source.name)}</strong> sends leads to <strong>${e(spec.flow.name)}</strong>. Made from version ${spec.flow.version} of the flow; it changes with it. <a href="?format=openapi">OpenAPI</a></p>
${notes.join('\n')}
<h2>Address and key</h2>
<pre><code>POST ${e(url)}</code></pre>
<p>With your key as <code>Authorization: Bearer KEY</code>, as <code>X-API-Key: KEY</code>, as the password of Basic authentication, or, where no header can be set, as <code>?key=KEY</code>. Keep it secret: whoever has it sends leads in your name.</p>
<p>The body is JSON, a form or XML; a GET takes the same values in its address. Names may be written with other capitals, and with <code>-</code>, <code>_</code> or spaces. What is not listed below may be sent as well and is kept with the lead.</p>
<p>Send an <code>Idempotency-Key</code> header${spec.source.id_key === null ? '' : `, or your own id as <code>${e(spec.source.id_key)}</code>,`} with each lead: sent again, it is the same lead, and the same answer.</p>
<p>To try it, add <code>?test=true</code>: the lead runs through everything, and is delivered to no one and paid by no one.</p>
<h2>Fields</h2>
<div class="wide"><table>${head('Name', 'What', 'Type', 'Needed', 'Example')}<tbody>
${spec.fields.map((field) => row(`<code>${e(field.key)}</code>`, e(field.label), `<span title="${e(field.about)}">${e(field.type)}</span>`, field.required ? 'yes' : '', `<code>${e(field.example)}</code>`)).join('\n')}
</tbody></table></div>
<p>Phone numbers without a country code are read as those of ${e(spec.flow.country)}; amounts without a currency as ${e(spec.flow.currency)}.</p>
<h2>What is accepted</h2>
${rulesOf(spec)}
<h2>Samples</h2>
${spec.samples.map((sample) => `<h3>${NAMES[sample.format]}</h3><pre><code>${e(curlOf(sample, url))}</code></pre>`).join('\n')}
<h2>Answers</h2>
<p>In JSON, or in XML with <code>Accept: application/xml</code>.</p>
${answers(spec)}
</main>
</html>
`
}
