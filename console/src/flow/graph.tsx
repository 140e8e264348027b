import { Background, Controls, type Edge, Handle, type Node, type NodeProps, Position, ReactFlow } from '@xyflow/react'
import '@xyflow/react/dist/style.css'
import {
  IconBan,
  IconBuildingStore,
  IconChartBar,
  IconCoin,
  IconCopyOff,
  IconDatabaseSearch,
  IconEye,
  IconFilter,
  IconGauge,
  IconGitBranch,
  IconHourglass,
  IconPlugConnected,
  IconRoute2,
  IconSend,
  IconShieldCheck,
  IconTag,
  IconTextWrap,
} from '@tabler/icons-react'
import { type ComponentType, useMemo } from 'react'
import { named, t } from '../text.ts'
import type { FlowOutline, FlowStep } from './document.ts'

const ICONS: Readonly<Record<string, ComponentType<{ size?: number; stroke?: number }>>> = {
  normalize: IconTextWrap,
  dedupe: IconCopyOff,
  match: IconCopyOff,
  suppress: IconBan,
  enrich: IconDatabaseSearch,
  verify: IconShieldCheck,
  list: IconBan,
  filter: IconFilter,
  accept: IconFilter,
  cap: IconGauge,
  schedule: IconHourglass,
  price: IconCoin,
  score: IconChartBar,
  classify: IconTag,
  route: IconRoute2,
  branch: IconGitBranch,
  review: IconEye,
  wait: IconHourglass,
  deliver: IconSend,
  source: IconPlugConnected,
  destination: IconBuildingStore,
}

interface Data extends Record<string, unknown> {
  readonly kind: string
  readonly title: string
  readonly note: string
  readonly tone: string
  readonly wrong: boolean
  readonly condition: string | null
}

const FlowNode = ({ data, selected }: NodeProps<Node<Data>>) => {
  const Icon = ICONS[data.kind] ?? IconRoute2
  return (
    <div className="node" data-kind={data.kind} data-tone={data.tone} data-wrong={data.wrong} data-selected={selected}>
      <Handle type="target" position={data.kind === 'destination' ? Position.Left : Position.Top} />
      <span className="node-icon">
        <Icon size={16} stroke={1.7} />
      </span>
      <span className="node-text">
        <strong className="clip">{data.title}</strong>
        <span className="clip">{data.condition === null ? data.note : t('flow.when', { rule: data.condition })}</span>
      </span>
      <Handle type="source" position={Position.Bottom} id="down" />
      {data.kind === 'deliver' && <Handle type="source" position={Position.Right} id="out" />}
    </div>
  )
}

const TYPES = { flow: FlowNode }

const WIDTH = 236
const STEP_PX = 74

/** What a step does, in a few words out of its config. */
const noteOf = ({ type, config }: FlowStep): string => {
  const list = (value: unknown): string =>
    Array.isArray(value) ? value.flat().map(String).join(', ') : value === undefined ? '' : String(value)
  switch (type) {
    case 'dedupe':
      return t('flow.note_dedupe', { on: list(config.on), within: list(config.within) || '∞' })
    case 'suppress':
      return list(config.lists)
    case 'filter':
    case 'accept':
      return typeof config.when === 'string' ? config.when : ''
    case 'deliver':
      return t('flow.note_deliver', { to: list(config.to) })
    case 'review':
      return t('flow.note_review', { queue: list(config.queue) || 'default' })
    case 'score':
      return t('flow.note_score', { n: Array.isArray(config.points) ? config.points.length : 0 })
    case 'price':
      return list(config.amount)
    case 'cap':
      return [list(config.max), list(config.per)].filter(Boolean).join(' / ')
    case 'enrich':
    case 'verify':
      return list(config.from)
    case 'wait':
      return list(config.for ?? config.until)
    default:
      return ''
  }
}

const targets = (step: FlowStep, outline: FlowOutline): readonly string[] => {
  if (step.type !== 'deliver') return []
  const { to } = step.config
  const names = (Array.isArray(to) ? to : [to]).map((each) =>
    typeof each === 'object' && each !== null ? String((each as { to?: unknown }).to ?? '') : String(each),
  )
  return names.filter((name) => outline.destinations.some(({ id }) => id === name))
}

const draw = (
  outline: FlowOutline,
  wrong: ReadonlySet<number>,
  outcomes: ReadonlyMap<number, string>,
  active: number,
) => {
  const nodes: Node<Data>[] = []
  const edges: Edge[] = []
  const add = (
    id: string,
    x: number,
    y: number,
    data: Omit<Data, 'wrong' | 'tone' | 'condition'> & Partial<Data>,
    step?: number,
  ) =>
    nodes.push({
      id,
      type: 'flow',
      position: { x, y },
      selected: step !== undefined && step === active,
      draggable: false,
      data: { wrong: false, tone: '', condition: null, ...data } as Data,
      ariaLabel: `${data.title} ${data.note ?? ''}`,
    })
  const width = Math.max(1, outline.sources.length)
  outline.sources.forEach(({ id, name }, index) => {
    add(`source ${id}`, (index - (width - 1) / 2) * (WIDTH + 18), 0, {
      kind: 'source',
      title: name,
      note: t('flow.source'),
    })
    edges.push({
      id: `in ${id}`,
      source: `source ${id}`,
      sourceHandle: 'down',
      target: outline.steps.length > 0 ? 'step 0' : 'end',
    })
  })
  outline.steps.forEach((step, index) => {
    const condition =
      step.config.if ?? (step.type === 'filter' || step.type === 'accept' ? undefined : step.config.when)
    add(
      `step ${index}`,
      0,
      100 + index * STEP_PX,
      {
        kind: step.type,
        title: step.id ?? named('step', step.type),
        note: noteOf(step) || named('step', step.type),
        wrong: wrong.has(index),
        tone: outcomes.get(index) ?? '',
        condition: typeof condition === 'string' ? condition : null,
      },
      index,
    )
    if (index > 0)
      edges.push({ id: `down ${index}`, source: `step ${index - 1}`, sourceHandle: 'down', target: `step ${index}` })
    for (const name of targets(step, outline))
      edges.push({
        id: `out ${index} ${name}`,
        source: `step ${index}`,
        sourceHandle: 'out',
        target: `destination ${name}`,
        animated: true,
      })
  })
  outline.destinations.forEach(({ id, name, type }, index) => {
    const first = outline.steps.findIndex((step) => targets(step, outline).includes(id))
    const y = 100 + (first === -1 ? index : first) * STEP_PX
    const taken = nodes.filter(
      ({ id: other, position }) => other.startsWith('destination') && Math.abs(position.y - y) < STEP_PX,
    )
    add(`destination ${id}`, WIDTH + 90, y + taken.length * STEP_PX, { kind: 'destination', title: name, note: type })
  })
  return { nodes, edges }
}

/** A flow as it runs: sources above, steps in their order, destinations beside those that deliver. */
export const Graph = (props: {
  readonly outline: FlowOutline
  readonly scheme: 'light' | 'dark'
  /** Steps that something is wrong with. */
  readonly wrong: ReadonlySet<number>
  /** What each step came to in a test. */
  readonly outcomes: ReadonlyMap<number, string>
  readonly active: number
  readonly onSelect: (step: number) => void
}) => {
  const { outline, scheme, wrong, outcomes, active, onSelect } = props
  const { nodes, edges } = useMemo(() => draw(outline, wrong, outcomes, active), [outline, wrong, outcomes, active])
  return (
    <div className="graph" role="region" aria-label={t('flow.graph')}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={TYPES}
        colorMode={scheme}
        fitView
        fitViewOptions={{ padding: 0.12, maxZoom: 1 }}
        minZoom={0.3}
        maxZoom={1.4}
        nodesConnectable={false}
        deleteKeyCode={null}
        proOptions={{ hideAttribution: true }}
        onNodeClick={(_event, node) => onSelect(node.id.startsWith('step ') ? Number(node.id.slice(5)) : -1)}
        onPaneClick={() => onSelect(-1)}
      >
        <Background gap={18} size={1} />
        <Controls showInteractive={false} position="bottom-left" />
      </ReactFlow>
    </div>
  )
}
