import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { CapUse } from '../api/types.ts'
import { type Column, Table } from '../components/table.tsx'
import { useMay } from '../rights.ts'
import { t } from '../text.ts'
import { ago, fullTime } from '../time.ts'
import { CapMeter } from './cap-meter.tsx'
import { placeText, windowText } from './cap-words.ts'
import { EditCap } from './edit-cap.tsx'

const capKey = ({ flow, at, id }: CapUse): string => `${flow} ${at} ${id}`

const Reset = ({ cap }: { readonly cap: CapUse }) =>
  cap.until === null ? (
    <span className="faint">{cap.sliding ? t('caps.slides') : t('caps.never')}</span>
  ) : (
    <span title={fullTime(cap.until)}>{ago(cap.until)}</span>
  )

/** Caps with how full each is now, when it begins anew, and a way to change it. */
export const CapList = (props: {
  readonly caps: readonly CapUse[]
  readonly title?: string
  readonly whole?: boolean
}) => {
  const { caps, title, whole = false } = props
  const may = useMay()
  const [editing, setEditing] = useState<CapUse | null>(null)
  const columns: readonly Column<CapUse>[] = [
    {
      key: 'cap',
      head: t('caps.cap'),
      cell: (cap) => (
        <>
          <span className="cell-main">{cap.id}</span>
          <span className="cell-sub">
            {whole ? windowText(cap) : `${placeText(cap)} · ${windowText(cap)}`}
            {cap.when !== null && (
              <>
                {' '}
                · <span className="mono">{cap.when}</span>
              </>
            )}
          </span>
        </>
      ),
    },
    ...(whole
      ? [
          {
            key: 'place',
            head: t('caps.at'),
            cell: (cap: CapUse) => (
              <>
                {placeText(cap)}
                <span className="cell-sub">
                  <Link to="/flows/$flow" params={{ flow: cap.flow }}>
                    {cap.flow}
                  </Link>
                </span>
              </>
            ),
          },
        ]
      : []),
    { key: 'used', head: t('caps.use'), cell: (cap) => <CapMeter cap={cap} /> },
    ...(whole ? [{ key: 'reset', head: t('caps.resets'), cell: (cap: CapUse) => <Reset cap={cap} /> }] : []),
    ...(may('flow.edit')
      ? [
          {
            key: 'edit',
            head: t('caps.edit'),
            quiet: true,
            end: true,
            cell: (cap: CapUse) => (
              <Button
                variant="default"
                aria-label={t('caps.edit_one', { cap: cap.id, place: placeText(cap) })}
                onClick={() => setEditing(cap)}
              >
                {t('caps.edit')}
              </Button>
            ),
          },
        ]
      : []),
  ]
  return (
    <>
      {editing !== null && <EditCap cap={editing} onClose={() => setEditing(null)} />}
      <Table
        label={t('nav.caps')}
        {...(title === undefined ? {} : { title })}
        rows={caps}
        columns={columns}
        rowKey={capKey}
      />
    </>
  )
}
