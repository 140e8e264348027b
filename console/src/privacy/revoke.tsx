import { Textarea } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { CHANNELS } from '../../../src/api/contract/words.ts'
import { ask } from '../api/client.ts'
import { Dialog } from '../components/dialog.tsx'
import { t } from '../text.ts'
import { Channels } from './channels.tsx'

/** Takes a consent back for a person who asked for it: on the phone, in a letter, at the desk. */
export const Revoke = (props: { readonly who: object; readonly onClose: () => void; readonly onDone?: () => void }) => {
  const { who, onClose, onDone } = props
  const client = useQueryClient()
  const [channels, setChannels] = useState<string[]>([...CHANNELS])
  const [note, setNote] = useState('')
  const isAll = channels.length === CHANNELS.length
  const revoke = useMutation({
    mutationFn: () =>
      ask('/api/v1/consent/revocations', {
        method: 'POST',
        body: { ...who, channels: isAll ? ['all'] : channels, ...(note.trim() === '' ? {} : { note: note.trim() }) },
      }),
    onSuccess: () => {
      notifications.show({ message: t('consent.revoked') })
      void client.invalidateQueries({ queryKey: ['consent'] })
      void client.invalidateQueries({ queryKey: ['privacy'] })
      onDone?.()
      onClose()
    },
  })
  return (
    <Dialog
      title={t('consent.revoke')}
      text={t('consent.revoke_text')}
      submit={t('consent.revoke')}
      danger
      busy={revoke.isPending}
      error={revoke.error}
      disabled={channels.length === 0}
      onSubmit={() => revoke.mutate()}
      onClose={onClose}
    >
      <Channels value={channels} onChange={setChannels} />
      <Textarea
        data-autofocus
        label={t('consent.note')}
        description={t('consent.note_hint')}
        maxLength={1000}
        autosize
        minRows={2}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </Dialog>
  )
}
