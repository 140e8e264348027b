import { Checkbox, Select, Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { BASES } from '../../../src/api/contract/words.ts'
import { ask } from '../api/client.ts'
import { Dialog } from '../components/dialog.tsx'
import { named, t } from '../text.ts'
import { Channels } from './channels.tsx'

/** A consent that was given elsewhere, with the exact words. */
export const WriteDown = (props: {
  readonly who: object
  readonly onClose: () => void
  readonly onDone: () => void
}) => {
  const { who, onClose, onDone } = props
  const [channels, setChannels] = useState<string[]>([])
  const [wording, setWording] = useState('')
  const [basis, setBasis] = useState<string>('consent')
  const [url, setUrl] = useState('')
  const [renews, setRenews] = useState(false)
  const give = useMutation({
    mutationFn: () =>
      ask('/api/v1/consent/records', {
        method: 'POST',
        body: { ...who, channels, wording, basis, renews, ...(url.trim() === '' ? {} : { url: url.trim() }) },
      }),
    onSuccess: () => {
      notifications.show({ message: t('action.saved') })
      onDone()
      onClose()
    },
  })
  return (
    <Dialog
      title={t('consent.write')}
      text={t('consent.write_text')}
      submit={t('action.save')}
      busy={give.isPending}
      error={give.error}
      disabled={channels.length === 0}
      onSubmit={() => give.mutate()}
      onClose={onClose}
    >
      <Channels value={channels} onChange={setChannels} />
      <Textarea
        data-autofocus
        label={t('consent.wording')}
        required
        autosize
        minRows={3}
        maxRows={10}
        value={wording}
        onChange={(event) => setWording(event.currentTarget.value)}
      />
      <Select
        label={t('consent.basis')}
        allowDeselect={false}
        data={BASES.map((each) => ({ value: each, label: named('basis', each) }))}
        value={basis}
        onChange={(chosen) => setBasis(chosen ?? basis)}
      />
      <TextInput
        label={t('consent.url')}
        maxLength={2000}
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <Checkbox
        label={t('consent.renews')}
        checked={renews}
        onChange={(event) => setRenews(event.currentTarget.checked)}
      />
    </Dialog>
  )
}
