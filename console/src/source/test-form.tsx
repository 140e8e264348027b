import { Alert, Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useMemo, useState } from 'react'
import { ask } from '../api/client.ts'
import type { SourceSummary } from '../api/types.ts'
import { outlineOf } from '../flow/document.ts'
import { named, t } from '../text.ts'
import { exampleOf } from './examples.ts'

const TONE = { success: 'mill', failure: 'red', error: 'yellow', pending: 'blue' } as const

/** A lead that is a test: it runs the whole flow and is delivered to no one. */
export const TestForm = (props: { readonly source: SourceSummary; readonly document: string }) => {
  const { source, document } = props
  const fields = useMemo(() => outlineOf(document)?.fields ?? [], [document])
  const [values, setValues] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(fields.map(({ name, type }) => [name, exampleOf(name, type)])),
  )
  const send = useMutation({
    mutationFn: () =>
      ask(`/api/v1/sources/${source.flow}/${source.id}/test`, {
        method: 'POST',
        body: { values: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '')) },
      }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send.mutate()
  }
  return (
    <section className="card" aria-label={t('test.title')}>
      <div className="card-head">
        <h2>{t('test.title')}</h2>
        <span className="faint">{t('test.hint')}</span>
      </div>
      <form className="card-body stack" style={{ gap: 8 }} onSubmit={submit}>
        {fields.map(({ name }) => (
          <TextInput
            key={name}
            label={name}
            value={values[name] ?? ''}
            onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
          />
        ))}
        {send.error !== null && (
          <Alert color="red" variant="light" role="alert">
            {send.error.message}
          </Alert>
        )}
        {send.data !== undefined && (
          <Alert color={TONE[send.data.outcome]} variant="light" role="status">
            {named('answer', send.data.outcome)}
            {send.data.reason !== null && `: ${send.data.reason}`}{' '}
            <Link to="/leads/$id" params={{ id: send.data.lead_id }}>
              {t('test.open')}
            </Link>
          </Alert>
        )}
        <Button type="submit" loading={send.isPending}>
          {t('test.send')}
        </Button>
      </form>
    </section>
  )
}
