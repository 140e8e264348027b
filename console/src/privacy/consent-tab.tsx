import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ask } from '../api/client.ts'
import type { ConsentState } from '../api/types.ts'
import { CopyLine } from '../components/copy.tsx'
import { Refused } from '../components/dialog.tsx'
import { Empty } from '../components/empty.tsx'
import { isSomebody, NOBODY, type Who, WhoFields, whoBody } from '../person/who.tsx'
import { useMay } from '../rights.ts'
import { t } from '../text.ts'
import { fullTime } from '../time.ts'
import { Channels, Ledger } from './consent-records.tsx'
import { Revoke } from './revoke.tsx'
import { WriteDown } from './write-down.tsx'

/** The consents of a person: how they stand, or stood at a past moment, with the evidence for it. */
export const ConsentTab = () => {
  const may = useMay()
  const [who, setWho] = useState<Who>(NOBODY)
  const [at, setAt] = useState('')
  const [open, setOpen] = useState<'revoke' | 'write' | null>(null)
  const [shown, setShown] = useState<ConsentState | null>(null)
  const look = useMutation({
    onSuccess: setShown,
    mutationFn: () =>
      ask('/api/v1/consent/state', {
        method: 'POST',
        body: { ...whoBody(who), ...(at === '' ? {} : { at: new Date(at).toISOString() }) },
      }),
  })
  const link = useMutation({
    mutationFn: () => ask('/api/v1/consent/links', { method: 'POST', body: whoBody(who) }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    link.reset()
    look.mutate()
  }
  const again = () => look.mutate()
  return (
    <div className="stack">
      <form className="card card-body stack" onSubmit={submit} aria-label={t('consent.ask')}>
        <div className="who-row">
          <WhoFields
            value={who}
            onChange={(next) => {
              setWho(next)
              look.reset()
              link.reset()
              setShown(null)
            }}
            isFirst={false}
          />
          <TextInput
            type="datetime-local"
            label={t('consent.at')}
            description={t('consent.at_hint')}
            value={at}
            onChange={(event) => setAt(event.currentTarget.value)}
          />
          <Button type="submit" disabled={!isSomebody(who)} loading={look.isPending}>
            {t('consent.look')}
          </Button>
        </div>
        <Refused error={look.error} />
      </form>
      {shown === null ? (
        !look.isPending && <Empty title={t('consent.empty')} text={t('consent.empty_text')} />
      ) : (
        <>
          <section className="card" aria-label={t('consent.state')}>
            <div className="card-head">
              <h2>
                {at === '' ? t('consent.state') : t('consent.state_at', { when: fullTime(new Date(at).toISOString()) })}
              </h2>
              {may('consent.edit') && (
                <span className="row-actions">
                  <Button variant="default" loading={link.isPending} onClick={() => link.mutate()}>
                    {t('consent.link')}
                  </Button>
                  <Button variant="default" onClick={() => setOpen('write')}>
                    {t('consent.write')}
                  </Button>
                  <Button color="red" variant="light" onClick={() => setOpen('revoke')}>
                    {t('consent.revoke')}
                  </Button>
                </span>
              )}
            </div>
            <div className="card-body stack">
              <Channels state={shown} />
              {link.data !== undefined && <CopyLine value={link.data.url} />}
              <Refused error={link.error} />
            </div>
          </section>
          <Ledger state={shown} />
        </>
      )}
      {open === 'revoke' && <Revoke who={whoBody(who)} onClose={() => setOpen(null)} onDone={again} />}
      {open === 'write' && <WriteDown who={whoBody(who)} onClose={() => setOpen(null)} onDone={again} />}
    </div>
  )
}
