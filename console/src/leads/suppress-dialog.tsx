import { Button, Modal, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import { t } from '../text.ts'

export const SuppressDialog = (props: {
  readonly title: string
  readonly onClose: () => void
  readonly onChosen: (list: string) => void
}) => {
  const { title, onClose, onChosen } = props
  const [list, setList] = useState<string | null>(null)
  const { data } = useQuery({
    queryKey: ['lists'],
    queryFn: () => ask('/api/v1/lists'),
  })
  return (
    <Modal opened onClose={onClose} title={title}>
      <div className="stack">
        <p className="soft">{t('suppress.text')}</p>
        <Select
          label={t('suppress.list')}
          data={(data?.items ?? []).map(({ id, label }) => ({ value: id, label }))}
          value={list}
          onChange={setList}
        />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button disabled={list === null} onClick={() => list !== null && onChosen(list)}>
            {t('bulk.suppress')}
          </Button>
        </div>
      </div>
    </Modal>
  )
}
