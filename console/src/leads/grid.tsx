import { Checkbox } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, memo, type RefObject, useEffect } from 'react'
import type { LeadSummary } from '../api/types.ts'
import { t } from '../text.ts'
import type { Column } from './columns.tsx'

const ROW_PX = 38
const OVERSCAN = 8
/** Rows before the end at which the next page is asked for. */
const AHEAD = 60

const Row = memo(
  (props: {
    readonly lead: LeadSummary
    readonly columns: readonly Column[]
    readonly index: number
    readonly top: number
    readonly isActive: boolean
    readonly isSelected: boolean
    readonly onOpen: (lead: LeadSummary) => void
    readonly onSelect: (id: string, selected: boolean) => void
  }) => {
    const { lead, columns, index, top, isActive, isSelected, onOpen, onSelect } = props
    return (
      <div
        role="row"
        id={`lead-${lead.id}`}
        aria-rowindex={index + 2}
        aria-selected={isSelected}
        className="lead-row"
        data-active={isActive || undefined}
        style={{ transform: `translateY(${top}px)` }}
        onClick={() => onOpen(lead)}
      >
        <div role="gridcell" onClick={(event) => event.stopPropagation()}>
          <input
            type="checkbox"
            className="check"
            tabIndex={-1}
            checked={isSelected}
            aria-label={t('leads.select', { id: lead.id })}
            onChange={(event) => onSelect(lead.id, event.currentTarget.checked)}
          />
        </div>
        {columns.map(({ id, cell, end }) => (
          <div key={id} role="gridcell" className={end ? 'clip num end' : 'clip num'}>
            {cell(lead)}
          </div>
        ))}
      </div>
    )
  },
)

/** A table of any size: only the rows in sight are in the page. */
export const LeadGrid = (props: {
  readonly rows: readonly LeadSummary[]
  readonly columns: readonly Column[]
  readonly selected: ReadonlySet<string>
  readonly active: number
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly hasMore: boolean
  readonly onMore: () => void
  readonly onOpen: (lead: LeadSummary) => void
  readonly onSelect: (id: string, selected: boolean) => void
  readonly onSelectAll: (selected: boolean) => void
}) => {
  const { rows, columns, selected, active, scroller, hasMore, onMore, onOpen, onSelect, onSelectAll } = props
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    getItemKey: (index) => rows[index]?.id ?? index,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && last > rows.length - AHEAD) onMore()
  }, [hasMore, last, rows.length, onMore])
  useEffect(() => {
    if (active >= 0) virtual.scrollToIndex(active)
  }, [active, virtual])
  const style = { '--columns': `34px ${columns.map(({ width }) => width).join(' ')}` } as CSSProperties
  const activeId = rows[active]?.id
  return (
    <div
      role="grid"
      aria-label={t('leads.title')}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      aria-multiselectable
      aria-activedescendant={activeId === undefined ? undefined : `lead-${activeId}`}
      tabIndex={0}
      className="lead-grid"
      ref={scroller}
      style={style}
    >
      <div role="row" aria-rowindex={1} className="lead-head">
        <div role="columnheader">
          <Checkbox
            size="xs"
            aria-label={t('leads.select_all')}
            checked={rows.length > 0 && selected.size >= rows.length}
            indeterminate={selected.size > 0 && selected.size < rows.length}
            onChange={(event) => onSelectAll(event.currentTarget.checked)}
          />
        </div>
        {columns.map(({ id, title, end }) => (
          <div key={id} role="columnheader" className={end ? 'clip end' : 'clip'}>
            {t(title)}
          </div>
        ))}
      </div>
      <div role="rowgroup" style={{ position: 'relative', height: virtual.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const lead = rows[index]
          return lead === undefined ? null : (
            <Row
              key={key}
              lead={lead}
              columns={columns}
              index={index}
              top={start}
              isActive={index === active}
              isSelected={selected.has(lead.id)}
              onOpen={onOpen}
              onSelect={onSelect}
            />
          )
        })}
      </div>
    </div>
  )
}
