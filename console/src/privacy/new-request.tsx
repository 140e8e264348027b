import { Select, Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { REQUEST_KINDS } from '../../../src/api/contract/words.ts'
import { ask } from '../api/client.ts'
import { Dialog } from '../components/dialog.tsx'
import { isSomebody, NOBODY, type Who, WhoFields, whoBody } from '../person/who.tsx'
import { named, t } from '../text.ts'

const fieldsOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')).trim(), line.slice(line.indexOf(':') + 1).trim()]),
  )

/** Who asks stands in a body, and in no address or log. What is to be put right is said of one lead. */
export const NewRequest = ({ onClose }: { readonly onClose: () => void }) => {
  const client = useQueryClient()
  const [kind, setKind] = useState<string>('erase')
  const [who, setWho] = useState<Who>(NOBODY)
  const [lead, setLead] = useState('')
  const [right, setRight] = useState('')
  const isRectifying = kind === 'rectify'
  const make = useMutation({
    mutationFn: () =>
      ask('/api/v1/privacy/requests', {
        method: 'POST',
        body: { kind, ...(isRectifying ? { lead_id: lead.trim(), fields: fieldsOf(right) } : whoBody(who)) },
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['privacy'] })
      notifications.show({ message: t('privacy.made') })
      onClose()
    },
  })
  return (
    <Dialog
      title={t('privacy.new')}
      submit={named('privacy_act', kind)}
      danger={kind === 'erase'}
      busy={make.isPending}
      error={make.error}
      disabled={isRectifying ? lead.trim() === '' || Object.keys(fieldsOf(right)).length === 0 : !isSomebody(who)}
      onSubmit={() => make.mutate()}
      onClose={onClose}
    >
      <Select
        label={t('privacy.kind')}
        description={named('privacy_text', kind)}
        data={REQUEST_KINDS.map((each) => ({ value: each, label: named('privacy_kind', each) }))}
        allowDeselect={false}
        value={kind}
        onChange={(chosen) => setKind(chosen ?? kind)}
      />
      {isRectifying ? (
        <>
          <TextInput
            label={t('privacy.lead')}
            required
            value={lead}
            onChange={(event) => setLead(event.currentTarget.value)}
          />
          <Textarea
            label={t('privacy.fields')}
            placeholder="last_name: Lovelace"
            required
            autosize
            minRows={2}
            value={right}
            onChange={(event) => setRight(event.currentTarget.value)}
          />
        </>
      ) : (
        <WhoFields value={who} onChange={setWho} />
      )}
    </Dialog>
  )
}
