import { TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { ApiError, ask } from '../api/client.ts'
import { Dialog } from '../components/dialog.tsx'
import { Once } from '../components/once.tsx'
import { t } from '../text.ts'
import { outlineOf } from './document.ts'
import { changesOf } from './words.ts'
import '../styles/flow.css'

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
      ask('/api/v1/flows', {
        method: 'POST',
        body: { document: text, base_version: base.version, ...(note.trim() === '' ? {} : { note: note.trim() }) },
      }),
    onSuccess: ({ version, source_keys }) => {
      void client.invalidateQueries({ queryKey: ['flow', flow] })
      void client.invalidateQueries({ queryKey: ['flows'] })
      void client.invalidateQueries({ queryKey: ['sources'] })
      if (source_keys.length === 0) onPublished(version)
    },
    onError: (error) => {
      // Somebody was quicker: their version is shown, so that it can be looked at.
      if (error instanceof ApiError && error.status === 409) void client.invalidateQueries({ queryKey: ['flow', flow] })
    },
  })
  const keys = publish.data?.source_keys ?? []
  if (keys.length > 0)
    return (
      <Once
        title={t('flow.publish_title')}
        text={t('sources.key_once')}
        value={keys.map(({ source, key }) => `${source}: ${key}`).join('\n')}
        onClose={() => onPublished(publish.data?.version ?? base.version)}
      />
    )
  const { error } = publish
  const isOvertaken = error instanceof ApiError && error.status === 409
  return (
    <Dialog
      title={t('flow.publish_title')}
      size="lg"
      submit={t('flow.publish')}
      busy={publish.isPending}
      error={isOvertaken ? new Error(`${error.message} ${t('flow.kept')}`) : error}
      onSubmit={() => publish.mutate()}
      onClose={onClose}
    >
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
    </Dialog>
  )
}
