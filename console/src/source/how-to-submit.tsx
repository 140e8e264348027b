import { SegmentedControl } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { SourceSummary } from '../api/types.ts'
import { Copy } from '../components/copy.tsx'
import { outlineOf } from '../flow/document.ts'
import { t } from '../text.ts'
import { exampleOf } from './examples.ts'
import { priceText } from './price-text.ts'

const WAYS = ['curl', 'javascript', 'html'] as const
type Way = (typeof WAYS)[number]

const written = (way: Way, url: string, values: Readonly<Record<string, string>>): string => {
  const json = JSON.stringify(values, null, 2)
  if (way === 'curl')
    return `curl -sS ${url} \\\n  -H 'Authorization: Bearer <the source's key>' \\\n  -H 'Content-Type: application/json' \\\n  -d '${json}'`
  if (way === 'javascript')
    return `const answer = await fetch('${url}', {\n  method: 'POST',\n  headers: {\n    authorization: 'Bearer ' + key,\n    'content-type': 'application/json',\n  },\n  body: JSON.stringify(${json.replaceAll('\n', '\n  ')}),\n})\nconst { outcome, lead_id, reason } = await answer.json()`
  const inputs = Object.keys(values).map((name) => `  <input name="${name}">`)
  return `<form method="post" action="${url}?key=<the source's key>">\n${inputs.join('\n')}\n  <button>Send</button>\n</form>`
}

/** What somebody who sends leads here must know: where, with which fields, and what the answer means. */
export const HowToSubmit = (props: { readonly source: SourceSummary; readonly document: string }) => {
  const { source, document } = props
  const [way, setWay] = useState<Way>('curl')
  const outline = useMemo(() => outlineOf(document), [document])
  const url = source.submit_url.startsWith('/') ? `${window.location.origin}${source.submit_url}` : source.submit_url
  const fields = outline?.fields ?? []
  const values = Object.fromEntries(fields.map(({ name, type }) => [name, exampleOf(name, type)]))
  const text = written(way, url, values)
  return (
    <section className="card" aria-label={t('submit.title')}>
      <div className="card-head">
        <h2>{t('submit.title')}</h2>
        <SegmentedControl
          size="xs"
          aria-label={t('submit.way')}
          data={WAYS.map((each) => ({ value: each, label: t(`submit.${each}`) }))}
          value={way}
          onChange={(chosen) => setWay(chosen as Way)}
        />
      </div>
      <div className="card-body stack">
        <div className="meta">
          <span className="mono">POST {url}</span>
        </div>
        <pre className="code" tabIndex={0}>
          {text}
        </pre>
        <div className="row between">
          <span className="faint">
            {t('submit.price', { price: priceText(source.price) })} ·{' '}
            {t('submit.keys', { keys: source.keys.map(({ hint }) => `${hint}…`).join(', ') || '–' })}
          </span>
          <Copy value={text} />
        </div>
      </div>
      <table className="plain-table">
        <thead>
          <tr>
            <th>{t('submit.field')}</th>
            <th>{t('submit.type')}</th>
            <th>{t('submit.example')}</th>
          </tr>
        </thead>
        <tbody>
          {fields.map(({ name, type, required }) => (
            <tr key={name}>
              <td>
                <span className="mono">{name}</span> {required && <span className="chip">{t('submit.required')}</span>}
              </td>
              <td>{type}</td>
              <td className="faint">{exampleOf(name, type)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
