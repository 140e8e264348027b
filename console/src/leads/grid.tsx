import { Checkbox } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, memo, type RefObject, useEffect, useMemo, useRef } from 'react'
import type { LeadSummary } from '../api/types.ts'
import { t } from '../text.ts'
import type { Column } from './columns.tsx'

const ROW_PX = 38
const OVERSCAN = 6
const rowSize = (): number => ROW_PX
/** Rows before the end at which the next page is asked for. */
const AHEAD = 60
/** Of the column with the check, and what stands between columns and beside them; as the style sheet has it. */
const CHECK_PX = 34
const GAP_PX = 14
const EDGES_PX = 34

const Row = memo(
  (props: {
    readonly lead: LeadSummary
    readonly columns: readonly Column[]
    readonly index: number
    readonly isActive: boolean
    readonly isSelected: boolean
    readonly onOpen: (lead: LeadSummary) => void
    readonly onSelect: (id: string, selected: boolean) => void
  }) => {
    const { lead, columns, index, isActive, isSelected, onOpen, onSelect } = props
    return (
      <div
        role="row"
        id={`lead-${lead.id}`}
        aria-rowindex={index + 2}
        aria-selected={isSelected}
        className="lead-row"
        data-active={isActive || undefined}
        style={{ transform: `translateY(${index * ROW_PX}px)` }}
        onClick={() => onOpen(lead)}
      >
        <div role="gridcell" onClick={(event) => event.stopPropagation()}>
          <input
            type="checkbox"
            className="check"
            tabIndex={-1}
            checked={isSelected}
            aria-label={t('leads.select', { id: lead.id })}
            // The row may become another lead's while it is scrolled: keys are never meant for its box.
            onMouseDown={(event) => event.preventDefault()}
            onChange={(event) => onSelect(lead.id, event.currentTarget.checked)}
          />
        </div>
        {columns.map(({ id, cell, end, hint }) => (
          <div
            key={id}
            role="gridcell"
            className={end ? 'lead-cell end' : 'lead-cell'}
            // With each move: under a pointer that rests, the row may have become another lead's.
            onPointerMove={hint && ((event) => event.currentTarget.setAttribute('title', hint(lead)))}
          >
            {cell(lead)}
          </div>
        ))}
      </div>
    )
  },
)

const tracksOf = (columns: readonly Column[]): CSSProperties => {
  const tracks = columns.map(({ width, share }) =>
    share === undefined ? `${width}px` : `minmax(${width}px, ${share}fr)`,
  )
  const least = columns.reduce((sum, { width }) => sum + width + GAP_PX, CHECK_PX + EDGES_PX)
  return { '--columns': `${CHECK_PX}px ${tracks.join(' ')}`, '--least': `${least}px` } as CSSProperties
}

/**
 * A table of any size: only the rows in sight are in the page. While it is scrolled, a row that leaves the sight becomes
 * the one that comes into it; at rest the rows stand in the page in the order in which they are seen.
 */
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
    estimateSize: rowSize,
    overscan: OVERSCAN,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && last > rows.length - AHEAD) onMore()
  }, [hasMore, last, rows.length, onMore])
  useEffect(() => {
    if (active >= 0) virtual.scrollToIndex(active)
  }, [active, virtual])
  const places = useRef(0)
  places.current = Math.max(places.current, items.length)
  const placed = items.map(({ index }) => ({ index, place: index % places.current }))
  if (virtual.isScrolling) placed.sort((a, b) => a.place - b.place)
  const style = useMemo(() => tracksOf(columns), [columns])
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
      <div role="rowgroup" className="lead-rows" style={{ height: rows.length * ROW_PX }}>
        {placed.map(({ index, place }) => {
          const lead = rows[index]
          return lead === undefined ? null : (
            <Row
              key={place}
              lead={lead}
              columns={columns}
              index={index}
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
