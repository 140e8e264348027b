import { Alert, Button, Select, Textarea } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ask } from '../api/client.ts'
import type { Preview } from '../api/types.ts'
import { verdictOf } from '../components/outcome-tag.tsx'
import { plain } from '../lead/plain.ts'
import { exampleOf } from '../source/examples.ts'
import { named, t } from '../text.ts'
import { rowTime } from '../time.ts'
import type { FlowOutline } from './document.ts'

type Rule = Preview['steps'][number]['rules'][number]

const TONE: Readonly<Record<string, string>> = {
  success: 'good',
  rejected: 'bad',
  failure: 'bad',
  fault: 'warn',
  asks: 'info',
  skip: 'quiet',
  skipped: 'quiet',
  stopped: 'info',
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const exampleFor = (outline: FlowOutline): string =>
  JSON.stringify(Object.fromEntries(outline.fields.map(({ name, type }) => [name, exampleOf(name, type)])), null, 2)

const STORED_MAX = 50

/** Leads of this flow that came in of late, to be tried on the draft. */
const useStored = (flow: string) => {
  const { data } = useQuery({
    queryKey: ['leads', 'stored', flow],
    queryFn: () => ask('/api/v1/leads', { query: { flow, limit: STORED_MAX } }),
    staleTime: 30_000,
  })
  return data?.items ?? []
}

const RuleLine = ({ rule }: { readonly rule: Rule }) => (
  <p className="test-line">
    <span className="tag" data-tone={rule.holds ? 'good' : 'quiet'}>
      {rule.holds ? t('test.holds') : t('test.holds_not')}
    </span>
    <code>{rule.text}</code>
    {Object.entries(rule.saw ?? {}).map(([name, value]) => (
      <span key={name} className="chip mono">
        {name} = {plain(value)}
      </span>
    ))}
  </p>
)

/** The draft, run on a lead that was pasted or is stored: every intermediate value, and nothing is sent or kept. */
export const TestPanel = (props: {
  readonly flow: string
  readonly text: string
  readonly outline: FlowOutline
  readonly onTested: (preview: Preview | null) => void
}) => {
  const { flow, text, outline, onTested } = props
  const [given, setGiven] = useState(() => exampleFor(outline))
  const stored = useStored(flow)
  const chosen = stored.find(({ id }) => id === given.trim())
  const run = useMutation({
    mutationFn: (asked: string) => {
      const trimmed = asked.trim()
      const lead = UUID.test(trimmed) ? { lead_id: trimmed } : { values: JSON.parse(trimmed) as object }
      return ask(`/api/v1/flows/${flow}/preview`, { method: 'POST', body: { document: text, ...lead } })
    },
    onSuccess: onTested,
    onError: () => onTested(null),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    run.mutate(given)
  }
  return (
    <div className="test-panel">
      <form className="stack" style={{ gap: 8 }} onSubmit={submit}>
        <Select
          label={t('test.stored')}
          placeholder={t(stored.length === 0 ? 'test.stored_none' : 'test.stored_choose')}
          disabled={stored.length === 0}
          searchable
          clearable
          data={stored.map((lead) => ({
            value: lead.id,
            label: [
              rowTime(lead.received_at),
              named('verdict', verdictOf(lead).name),
              ...(lead.code === null ? [] : [named('code', lead.code)]),
              lead.source,
              `…${lead.id.slice(-6)}`,
            ].join(' · '),
          }))}
          value={chosen?.id ?? null}
          onChange={(id) => {
            setGiven(id ?? exampleFor(outline))
            if (id !== null) run.mutate(id)
          }}
        />
        <Textarea
          label={t('test.given')}
          description={t('test.given_hint')}
          autosize
          minRows={5}
          maxRows={12}
          value={given}
          styles={{ input: { fontFamily: 'var(--mono)', fontSize: 12 } }}
          onChange={(event) => setGiven(event.currentTarget.value)}
        />
        <div className="row">
          <Button type="submit" loading={run.isPending}>
            {t('test.run')}
          </Button>
          <Button variant="subtle" color="gray" onClick={() => setGiven(exampleFor(outline))}>
            {t('test.example')}
          </Button>
        </div>
        {run.error !== null && (
          <Alert color="red" variant="light" role="alert">
            {run.error instanceof SyntaxError ? t('test.no_json') : run.error.message}
          </Alert>
        )}
      </form>
      {run.data !== undefined && (
        <div className="stack" style={{ gap: 10 }}>
          {chosen !== undefined && run.variables === chosen.id && (
            <p className="soft">
              {t('test.was', {
                outcome: [named('verdict', verdictOf(chosen).name), chosen.code && named('code', chosen.code)]
                  .filter(Boolean)
                  .join(': '),
                version: chosen.flow_version,
              })}
            </p>
          )}
          <details>
            <summary>{t('test.fields')}</summary>
            <table className="plain-table">
              <tbody>
                {run.data.fields.map(({ name, type, raw, normal, valid }) => (
                  <tr key={name}>
                    <td className="mono">{name}</td>
                    <td className="faint">{type}</td>
                    <td>{plain(raw)}</td>
                    <td>{plain(normal)}</td>
                    <td>
                      <span className="tag" data-tone={valid ? 'good' : 'bad'}>
                        {valid ? t('test.valid') : t('test.invalid')}
                      </span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </details>
          <ol className="test-steps">
            {run.data.steps.map((step) => (
              <li key={step.id} data-reached={step.reached}>
                <div className="row">
                  <strong className="grow">
                    {step.id} <span className="faint">{named('step', step.type)}</span>
                  </strong>
                  <span className="tag" data-tone={step.reached ? TONE[step.outcome] : 'quiet'}>
                    {step.reached ? named('preview', step.outcome) : t('test.not_reached')}
                  </span>
                </div>
                {step.reason !== null && <p className="soft">{step.reason}</p>}
                {step.asks !== null && <p className="soft">{t('test.asks', { question: named('asks', step.asks) })}</p>}
                {step.when !== null && <RuleLine rule={step.when} />}
                {step.rules.map((rule) => (
                  <RuleLine key={`${rule.path} ${rule.text}`} rule={rule} />
                ))}
                {[...step.expressions, ...step.templates].map(({ path, text: written, value }) => (
                  <p key={path} className="test-line">
                    <code>{written}</code> → <span className="mono">{plain(value)}</span>
                  </p>
                ))}
              </li>
            ))}
          </ol>
        </div>
      )}
    </div>
  )
}
