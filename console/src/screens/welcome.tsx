import { Alert, Button, NumberInput, Progress, TextInput } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, type ReactNode, useState } from 'react'
import { ApiError, ask } from '../api/client.ts'
import type { LeadSummary } from '../api/types.ts'
import { Copy } from '../components/copy.tsx'
import { OutcomeTag } from '../components/outcome-tag.tsx'
import { useLiveBatches } from '../live/live.tsx'
import { Page } from '../shell/page.tsx'
import { exampleOf } from '../source/examples.ts'
import { idOf } from '../source/id-of.ts'
import { named, t, tn } from '../text.ts'
import { CURRENCY, flowOf, sampleLead, TEMPLATES, type Template } from '../welcome/templates.ts'
import '../styles/welcome.css'

const SAMPLES = 40

const Stage = (props: { n: number; title: string; state: 'done' | 'now' | 'later'; children: ReactNode }) => (
  <section className="welcome-stage card" data-state={props.state} aria-label={props.title}>
    <div className="welcome-number" aria-hidden="true">
      {props.state === 'done' ? <IconCheck size={17} /> : props.n}
    </div>
    <div className="grow stack">
      <h2>{props.title}</h2>
      {props.state !== 'later' && props.children}
    </div>
  </section>
)

/** From nothing to the first lead: a flow, its source, and a lead that came in. */
export const Welcome = () => {
  const client = useQueryClient()
  const [template, setTemplate] = useState<Template>('quotes')
  const [name, setName] = useState('')
  const [sourceName, setSourceName] = useState(t('welcome.website'))
  const [price, setPrice] = useState<number | string>('')
  const [url, setUrl] = useState('')
  const [leads, setLeads] = useState<readonly LeadSummary[]>([])
  const [sent, setSent] = useState(0)
  const flow = idOf(name)
  const source = idOf(sourceName)
  const publish = useMutation({
    mutationFn: () =>
      ask('/api/v1/flows', {
        method: 'POST',
        body: {
          // A new one: where there is a flow of this name, it stays as it is.
          base_version: 0,
          document: flowOf(template, {
            id: flow,
            name,
            source: { id: source, name: sourceName, price: price === '' ? null : Number(price).toFixed(2) },
            url: url.trim() === '' ? null : url.trim(),
          }),
        },
      }),
    onSuccess: () => client.invalidateQueries(),
  })
  const one = (values: Readonly<Record<string, string>>) =>
    ask(`/api/v1/sources/${flow}/${source}/test`, { method: 'POST', body: { values } })
  const test = useMutation({
    mutationFn: () =>
      one(
        Object.fromEntries(
          ['first_name', 'last_name', 'email', 'phone', 'postal_code', 'state', 'company'].map((field) => [
            field,
            exampleOf(field, field),
          ]),
        ),
      ),
  })
  const samples = useMutation({
    mutationFn: async () => {
      for (let n = 0; n < SAMPLES; n += 1) {
        await one(sampleLead(n))
        setSent(n + 1)
      }
    },
  })
  useLiveBatches(({ items }) => {
    const mine = items.filter((lead) => lead.flow === flow)
    if (publish.data === undefined || mine.length === 0) return
    setLeads((before) => [...new Map([...mine, ...before].map((lead) => [lead.id, lead])).values()].slice(0, 5))
  })
  const key = publish.data?.source_keys.find((each) => each.source === source)?.key
  const isTaken = publish.error instanceof ApiError && publish.error.status === 409
  const problems = publish.error instanceof ApiError ? publish.error.problem.problems : undefined
  const curl = `curl -sS ${window.location.origin}/flows/${flow}/sources/${source}/submit \\\n  -H 'Authorization: Bearer ${key ?? '…'}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"first_name":"Ada","last_name":"Lovelace","email":"ada@example.com","phone":"(512) 555-0142","company":"Analytical Engines"}'`
  const submit = (event: FormEvent) => {
    event.preventDefault()
    publish.mutate()
  }
  const isPublished = publish.data !== undefined
  return (
    <Page title={t('welcome.title')}>
      <div className="welcome">
        <p className="soft">{t('welcome.lead')}</p>
        <Stage n={1} title={t('welcome.flow')} state={isPublished ? 'done' : 'now'}>
          {isPublished ? (
            <p className="soft">
              <Link to="/flows/$flow" params={{ flow }}>
                {name}
              </Link>{' '}
              v{publish.data.version}
            </p>
          ) : (
            <form className="stack" onSubmit={submit}>
              <div className="welcome-templates" role="group" aria-label={t('welcome.template')}>
                {TEMPLATES.map((each) => (
                  <button
                    key={each}
                    type="button"
                    className="welcome-template"
                    aria-pressed={each === template}
                    onClick={() => setTemplate(each)}
                  >
                    <strong>{named('template', each)}</strong>
                    <span className="soft">{named('template_text', each)}</span>
                  </button>
                ))}
              </div>
              <div className="welcome-fields">
                <TextInput
                  label={t('welcome.name')}
                  placeholder={t('welcome.name_hint')}
                  required
                  withAsterisk={false}
                  value={name}
                  onChange={(event) => setName(event.currentTarget.value)}
                />
                <TextInput
                  label={t('welcome.source')}
                  required
                  withAsterisk={false}
                  value={sourceName}
                  onChange={(event) => setSourceName(event.currentTarget.value)}
                />
                <NumberInput
                  label={t('sources.price', { currency: CURRENCY })}
                  size="xs"
                  min={0}
                  decimalScale={2}
                  value={price}
                  onChange={setPrice}
                />
                <TextInput
                  label={t('welcome.url')}
                  description={t('welcome.url_hint')}
                  type="url"
                  placeholder="https://crm.example.com/leads"
                  value={url}
                  onChange={(event) => setUrl(event.currentTarget.value)}
                />
              </div>
              {publish.error !== null && (
                <Alert color="red" variant="light" role="alert">
                  {isTaken
                    ? t('welcome.taken', { id: flow })
                    : Array.isArray(problems)
                      ? problems.map((problem) => String((problem as { message?: unknown }).message)).join(' · ')
                      : publish.error.message}
                </Alert>
              )}
              <div className="row">
                <Button type="submit" disabled={flow === '' || source === ''} loading={publish.isPending}>
                  {t('welcome.publish')}
                </Button>
              </div>
            </form>
          )}
        </Stage>
        <Stage n={2} title={t('welcome.send')} state={!isPublished ? 'later' : leads.length > 0 ? 'done' : 'now'}>
          <p className="soft">{key === undefined ? t('welcome.known_key') : t('sources.key_once')}</p>
          <pre className="code" tabIndex={0}>
            {curl}
          </pre>
          <div className="row">
            <Copy value={curl} />
            <Button loading={test.isPending} onClick={() => test.mutate()}>
              {t('welcome.test')}
            </Button>
            <Button variant="subtle" loading={samples.isPending} onClick={() => samples.mutate()}>
              {tn('welcome.samples', SAMPLES)}
            </Button>
          </div>
          {samples.isPending && (
            <Progress value={(sent / SAMPLES) * 100} aria-label={t('welcome.sending')} transitionDuration={0} />
          )}
          {(test.error ?? samples.error) !== null && (
            <Alert color="red" variant="light" role="alert">
              {(test.error ?? samples.error)?.message}
            </Alert>
          )}
        </Stage>
        <Stage n={3} title={t('welcome.first')} state={leads.length > 0 ? 'now' : 'later'}>
          <ul className="welcome-leads">
            {leads.map((lead) => (
              <li key={lead.id}>
                <Link to="/leads/$id" params={{ id: lead.id }} className="row">
                  <OutcomeTag lead={lead} />
                  <span className="grow">{lead.source}</span>
                  <span>{t('test.open')}</span>
                </Link>
              </li>
            ))}
          </ul>
          <div className="row">
            <Button renderRoot={(props) => <Link to="/leads" search={{ flow }} {...props} />} variant="default">
              {t('welcome.leads')}
            </Button>
            <Button renderRoot={(props) => <Link to="/flows/$flow" params={{ flow }} {...props} />} variant="default">
              {t('welcome.edit')}
            </Button>
          </div>
        </Stage>
      </div>
    </Page>
  )
}
