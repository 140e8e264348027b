import { Select } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import { Dialog } from '../components/dialog.tsx'
import { isSomebody, NOBODY, type Who, WhoFields, whoBody } from '../person/who.tsx'
import { named, t, tn } from '../text.ts'

/** Ends a restriction or an objection, where the person agreed to it. */
export const Lift = ({ onClose }: { readonly onClose: () => void }) => {
  const [why, setWhy] = useState<string>('restricted')
  const [who, setWho] = useState<Who>(NOBODY)
  const lift = useMutation({
    mutationFn: () => ask('/api/v1/privacy/lift', { method: 'POST', body: { why, ...whoBody(who) } }),
    onSuccess: ({ lifted }) => {
      notifications.show({ message: tn('privacy.lifted', lifted) })
      onClose()
    },
  })
  return (
    <Dialog
      title={t('privacy.lift')}
      text={t('privacy.lift_text')}
      submit={t('privacy.lift')}
      busy={lift.isPending}
      error={lift.error}
      disabled={!isSomebody(who)}
      onSubmit={() => lift.mutate()}
      onClose={onClose}
    >
      <Select
        label={t('privacy.lift_what')}
        allowDeselect={false}
        data={['restricted', 'objected'].map((each) => ({ value: each, label: named('lift', each) }))}
        value={why}
        onChange={(chosen) => setWhy(chosen ?? why)}
      />
      <WhoFields value={who} onChange={setWho} />
    </Dialog>
  )
}
