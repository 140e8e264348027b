import { Alert, Button, Modal, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useMemo, useState } from 'react'
import { ApiError, api } from '../api/client.ts'
import { t } from '../text.ts'
import { outlineOf } from './document.ts'
import { changesOf } from './words.ts'

interface Published {
  readonly version: number
  readonly source_keys: readonly { readonly source: string; readonly key: string }[]
}

/** What changes, in words, and why: then it is the next version. */
export const PublishForm = (props: {
  readonly flow: string
  readonly text: string
  readonly base: { readonly version: number; readonly document: string }
  readonly onClose: () => void
  readonly onPublished: (version: number) => void
}) => {
  const { flow, text, base, onClose, onPublished } = props
  const client = useQueryClient()
  const [note, setNote] = useState('')
  const changes = useMemo(() => {
    const before = outlineOf(base.document)
    const after = outlineOf(text)
    return before === null || after === null ? [] : changesOf(before, after)
  }, [base.document, text])
  const publish = useMutation({
    mutationFn: () =>
      api<Published>('/api/v1/flows', {
        method: 'POST',
        body: { document: text, base_version: base.version, ...(note.trim() === '' ? {} : { note: note.trim() }) },
      }),
    onSuccess: ({ version, source_keys }) => {
      void client.invalidateQueries({ queryKey: ['flow', flow] })
      void client.invalidateQueries({ queryKey: ['flows'] })
      void client.invalidateQueries({ queryKey: ['sources'] })
      if (source_keys.length === 0) onPublished(version)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    publish.mutate()
  }
  const keys = publish.data?.source_keys ?? []
  return (
    <Modal opened onClose={onClose} title={t('flow.publish_title')} size="lg">
      {keys.length > 0 ? (
        <div className="stack">
          <p>{t('sources.key_once')}</p>
          <pre className="code">{keys.map(({ source, key }) => `${source}: ${key}`).join('\n')}</pre>
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <Button onClick={() => onPublished(publish.data?.version ?? base.version)}>{t('action.done')}</Button>
          </div>
        </div>
      ) : (
        <form className="stack" onSubmit={submit}>
          <ul className="changes">
            {changes.map(({ kind, text: words }) => (
              <li key={`${kind} ${words}`} data-change={kind}>
                <span className="change-kind">{t(`change.${kind}`)}</span>
                <span>{words}</span>
              </li>
            ))}
            {changes.length === 0 && <li className="soft">{t('versions.same')}</li>}
          </ul>
          <TextInput
            data-autofocus
            label={t('flow.note')}
            placeholder={t('flow.note_hint')}
            maxLength={500}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          {publish.error !== null && (
            <Alert color="red" variant="light" role="alert">
              {publish.error instanceof ApiError && publish.error.status === 409
                ? `${publish.error.message} ${t('flow.kept')}`
                : publish.error.message}
            </Alert>
          )}
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <Button variant="default" onClick={onClose}>
              {t('action.cancel')}
            </Button>
            <Button type="submit" loading={publish.isPending}>
              {t('flow.publish')}
            </Button>
          </div>
        </form>
      )}
    </Modal>
  )
}
