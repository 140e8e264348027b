import { Button, Checkbox, Modal, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { KEEPS } from '../../../src/api/contract/words.ts'
import { ask } from '../api/client.ts'
import type { Hold } from '../api/types.ts'
import { Dialog } from '../components/dialog.tsx'
import { Empty } from '../components/empty.tsx'
import { Loaded } from '../components/loaded.tsx'
import { type Column, Table } from '../components/table.tsx'
import { Tag } from '../components/tag.tsx'
import { isSomebody, NOBODY, type Who, WhoFields, whoBody } from '../person/who.tsx'
import { useMay } from '../rights.ts'
import { named, number, t, tn } from '../text.ts'
import { ago, fullTime } from '../time.ts'

const Place = ({ onClose }: { readonly onClose: () => void }) => {
  const client = useQueryClient()
  const [matter, setMatter] = useState('')
  const [who, setWho] = useState<Who>(NOBODY)
  const [keeps, setKeeps] = useState<string[]>(['fields', 'consent'])
  const place = useMutation({
    mutationFn: () =>
      ask('/api/v1/privacy/holds', { method: 'POST', body: { matter: matter.trim(), keeps, ...whoBody(who) } }),
    onSuccess: () => {
      notifications.show({ message: t('hold.placed') })
      void client.invalidateQueries({ queryKey: ['privacy', 'holds'] })
      onClose()
    },
  })
  return (
    <Dialog
      title={t('hold.new')}
      text={t('hold.text')}
      submit={t('hold.place')}
      busy={place.isPending}
      error={place.error}
      disabled={!isSomebody(who) || keeps.length === 0}
      onSubmit={() => place.mutate()}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        label={t('hold.matter')}
        description={t('hold.matter_hint')}
        placeholder="Case 2026-114"
        required
        maxLength={200}
        value={matter}
        onChange={(event) => setMatter(event.currentTarget.value)}
      />
      <WhoFields value={who} onChange={setWho} isFirst={false} />
      <Checkbox.Group label={t('hold.keeps')} value={keeps} onChange={setKeeps}>
        <div className="row" style={{ gap: 16, paddingTop: 6 }}>
          {KEEPS.map((each) => (
            <Checkbox key={each} value={each} label={named('keeps', each)} />
          ))}
        </div>
      </Checkbox.Group>
    </Dialog>
  )
}

const Release = ({ hold, onClose }: { readonly hold: Hold; readonly onClose: () => void }) => {
  const client = useQueryClient()
  const release = useMutation({
    mutationFn: () => ask(`/api/v1/privacy/holds/${hold.id}`, { method: 'DELETE' }),
    onSuccess: () => {
      notifications.show({ message: t('hold.released') })
      void client.invalidateQueries({ queryKey: ['privacy', 'holds'] })
      onClose()
    },
  })
  return (
    <Dialog
      title={t('hold.release')}
      text={tn('hold.release_text', hold.evidence, { matter: hold.matter })}
      submit={t('hold.release')}
      danger
      busy={release.isPending}
      error={release.error}
      onSubmit={() => release.mutate()}
      onClose={onClose}
    />
  )
}

const Evidence = ({ hold, onClose }: { readonly hold: Hold; readonly onClose: () => void }) => {
  const read = useQuery({
    queryKey: ['privacy', 'evidence', hold.id],
    queryFn: () => ask(`/api/v1/privacy/holds/${hold.id}`),
    gcTime: 0,
  })
  return (
    <Modal opened onClose={onClose} title={t('hold.evidence_of', { matter: hold.matter })} size="xl">
      <Loaded query={read} height={160}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="soft">{t('hold.no_evidence')}</p>
          ) : (
            <pre className="code" tabIndex={0}>
              {JSON.stringify(items, null, 2)}
            </pre>
          )
        }
      </Loaded>
    </Modal>
  )
}

/** What must outlive an erasure, because a court or a regulator may ask for it. */
export const HoldsTab = () => {
  const may = useMay()
  const [isPlacing, setPlacing] = useState(false)
  const [releasing, setReleasing] = useState<Hold | null>(null)
  const [reading, setReading] = useState<Hold | null>(null)
  const holds = useQuery({
    queryKey: ['privacy', 'holds'],
    queryFn: () => ask('/api/v1/privacy/holds'),
  })
  const columns: readonly Column<Hold>[] = [
    { key: 'matter', head: t('hold.matter'), cell: ({ matter }) => <span className="cell-main">{matter}</span> },
    {
      key: 'state',
      head: t('queues.state'),
      cell: ({ released_at }) => (
        <Tag tone={released_at === null ? 'review' : 'quiet'}>
          {t(released_at === null ? 'hold.stands' : 'hold.was_released')}
        </Tag>
      ),
    },
    {
      key: 'keeps',
      head: t('hold.keeps'),
      cell: ({ keeps }) => keeps.map((each) => named('keeps', each)).join(', '),
    },
    { key: 'evidence', head: t('hold.evidence'), end: true, cell: ({ evidence }) => number(evidence) },
    { key: 'at', head: t('hold.at'), cell: ({ at }) => <span title={fullTime(at)}>{ago(at)}</span> },
    {
      key: 'acts',
      head: t('deliveries.decide'),
      quiet: true,
      end: true,
      cell: (hold) =>
        hold.released_at === null && (
          <span className="row-actions">
            <Button variant="subtle" color="gray" onClick={() => setReading(hold)}>
              {t('hold.read')}
            </Button>
            {may('privacy.edit') && (
              <Button variant="default" onClick={() => setReleasing(hold)}>
                {t('hold.release')}
              </Button>
            )}
          </span>
        ),
    },
  ]
  const add = may('privacy.edit') && <Button onClick={() => setPlacing(true)}>{t('hold.new')}</Button>
  return (
    <>
      {isPlacing && <Place onClose={() => setPlacing(false)} />}
      {releasing !== null && <Release hold={releasing} onClose={() => setReleasing(null)} />}
      {reading !== null && <Evidence hold={reading} onClose={() => setReading(null)} />}
      <Loaded query={holds}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('hold.none')} text={t('hold.none_text')} action={add} />
          ) : (
            <Table
              label={t('privacy.holds')}
              title={t('privacy.holds')}
              actions={add}
              rows={items}
              columns={columns}
              rowKey={({ id }) => id}
            />
          )
        }
      </Loaded>
    </>
  )
}
