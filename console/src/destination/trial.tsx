import { Button, NumberInput, SegmentedControl, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ask } from '../api/client.ts'
import type { Trial as TrialAnswer } from '../api/types.ts'
import { writtenCall } from '../components/call.ts'
import { FormEnd, Refused } from '../components/dialog.tsx'
import { Tag } from '../components/tag.tsx'
import { readConfig } from '../flow/document.ts'
import { duration, named, t } from '../text.ts'

const TONE = { success: 'good', failure: 'bad', error: 'warn' } as const

/** Both sides of each call, and what is read of it. */
export const TrialResult = ({ trial }: { readonly trial: TrialAnswer }) => (
  <div className="stack" role="status">
    <div className="row">
      <Tag tone={TONE[trial.outcome as keyof typeof TONE] ?? 'warn'}>{named('answer', trial.outcome)}</Tag>
      <span className="grow">{trial.reason ?? named('delivery_code', trial.code)}</span>
    </div>
    <dl className="pairs">
      {trial.reference !== null && (
        <>
          <dt>{t('trial.reference')}</dt>
          <dd className="mono">{trial.reference}</dd>
        </>
      )}
      {trial.price !== null && (
        <>
          <dt>{t('column.price')}</dt>
          <dd className="num">{trial.price}</dd>
        </>
      )}
      {Object.entries(trial.captured).map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      <dt>{t('trial.next')}</dt>
      <dd>{named('trial_next', trial.next)}</dd>
    </dl>
    {trial.exchanges.map(({ request, response, ms }) => (
      <div key={`${request.url} ${request.body} ${ms}`} className="stack" style={{ gap: 6 }}>
        <h3>
          {request.method} {request.url}
        </h3>
        <pre className="code" tabIndex={0}>
          {writtenCall(request)}
        </pre>
        <h3>
          {response.status ?? t('trial.no_answer')} {ms === null ? '' : `· ${duration(ms)}`}
        </h3>
        <pre className="code" tabIndex={0}>
          {writtenCall(response) || '–'}
        </pre>
      </div>
    ))}
  </div>
)

/** Sends a made-up lead, or shows what would be read of an answer; or only proves the connection. */
export const Trial = ({ flow, destination }: { readonly flow: string; readonly destination: string }) => {
  const [way, setWay] = useState<'send' | 'answer'>('answer')
  const [lead, setLead] = useState('')
  const [status, setStatus] = useState<number | string>(200)
  const [body, setBody] = useState('')
  const test = useMutation({
    mutationFn: async () =>
      ask('/api/v1/destinations/test', {
        method: 'POST',
        body: {
          flow,
          destination,
          ...(lead.trim() === '' ? {} : { lead: readConfig(lead) }),
          ...(way === 'answer' ? { answer: { status: Number(status), body } } : {}),
        },
      }),
  })
  const check = useMutation({
    mutationFn: () => ask('/api/v1/destinations/check', { method: 'POST', body: { flow, destination } }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    check.reset()
    test.mutate()
  }
  const trial = test.data ?? check.data
  return (
    <section className="card" aria-label={t('trial.title')}>
      <div className="card-head">
        <h2>{t('trial.title')}</h2>
        <Button
          variant="default"
          loading={check.isPending}
          onClick={() => {
            test.reset()
            check.mutate()
          }}
        >
          {t('trial.check')}
        </Button>
      </div>
      <form className="card-body stack" onSubmit={submit}>
        <SegmentedControl
          size="xs"
          aria-label={t('trial.way')}
          data={[
            { value: 'answer', label: t('trial.answer') },
            { value: 'send', label: t('trial.send') },
          ]}
          value={way}
          onChange={(chosen) => setWay(chosen === 'send' ? 'send' : 'answer')}
        />
        <p className="faint">{t(way === 'send' ? 'trial.send_text' : 'trial.answer_text')}</p>
        <Textarea
          label={t('trial.lead')}
          description={t('trial.lead_hint')}
          placeholder="email: ada@example.com"
          autosize
          minRows={2}
          maxRows={10}
          styles={{ input: { fontFamily: 'var(--mono)' } }}
          value={lead}
          onChange={(event) => setLead(event.currentTarget.value)}
        />
        {way === 'answer' && (
          <>
            <NumberInput label={t('trial.status')} min={100} max={599} w={120} value={status} onChange={setStatus} />
            <Textarea
              label={t('trial.body')}
              placeholder='{"id": "A-17", "price": "20.00"}'
              autosize
              minRows={3}
              maxRows={12}
              styles={{ input: { fontFamily: 'var(--mono)' } }}
              value={body}
              onChange={(event) => setBody(event.currentTarget.value)}
            />
          </>
        )}
        <Refused error={test.error ?? check.error} />
        <FormEnd submit={t(way === 'send' ? 'trial.send_now' : 'trial.show')} busy={test.isPending} />
        {trial !== undefined && <TrialResult trial={trial} />}
      </form>
    </section>
  )
}
