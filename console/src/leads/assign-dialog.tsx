import { Button, Modal, Select } from '@mantine/core'
import { useState } from 'react'
import { useSession } from '../api/session.ts'
import { usePeople } from '../components/assignee.tsx'
import { t } from '../text.ts'

const NOBODY = 'none'

/** To whom the chosen leads are given. */
export const AssignDialog = (props: {
  readonly title: string
  readonly onClose: () => void
  readonly onChosen: (assignee: string | null) => void
}) => {
  const { title, onClose, onChosen } = props
  const session = useSession()
  const people = usePeople()
  const [to, setTo] = useState<string | null>(null)
  return (
    <Modal opened onClose={onClose} title={title}>
      <div className="stack">
        <Select
          label={t('assignee.title')}
          data={[
            ...people.map(({ id, email }) => ({
              value: id,
              label: id === session?.userId ? t('assignee.me_email', { email }) : email,
            })),
            { value: NOBODY, label: t('assignee.nobody') },
          ]}
          value={to}
          onChange={setTo}
        />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button disabled={to === null} onClick={() => onChosen(to === NOBODY ? null : to)}>
            {t('bulk.assign')}
          </Button>
        </div>
      </div>
    </Modal>
  )
}
