import {
  Background,
  ControlButton,
  Controls,
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  useReactFlow,
  useStore,
} from '@xyflow/react'
import '@xyflow/react/dist/style.css'
import {
  IconArrowsHorizontal,
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
import { type ComponentType, useEffect, useMemo } from 'react'
import { named, t, tn } from '../text.ts'
import type { FlowOutline, FlowStep, StepPath } from './document.ts'
import { layoutOf, pathOfNode, WIDTH } from './layout.ts'

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
      return tn('flow.note_score', Array.isArray(config.points) ? config.points.length : 0)
    case 'price':
      return list(config.amount)
    case 'cap':
      return [list(config.max), list(config.per)].filter(Boolean).join(' / ')
    case 'enrich':
    case 'verify':
      return list(config.from)
    case 'branch':
      return tn('flow.note_branch', Array.isArray(config.rules) ? config.rules.length : 0)
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

const DESTINATION_GAP_PX = 56
const ROW_PX = 74

/** Of steps that only go on where their rule holds. */
const conditionOf = ({ type, config }: FlowStep): string | null => {
  const condition = config.if ?? (['filter', 'accept', 'branch'].includes(type) ? undefined : config.when)
  return typeof condition === 'string' ? condition : null
}

const draw = (
  outline: FlowOutline,
  wrong: ReadonlySet<StepPath>,
  outcomes: ReadonlyMap<StepPath, string>,
  active: StepPath | null,
) => {
  const { steps, lines, right } = layoutOf(outline)
  const nodes: Node<Data>[] = []
  const add = (id: string, x: number, y: number, data: Partial<Data> & { kind: string; title: string; note: string }) =>
    nodes.push({
      id,
      type: 'flow',
      position: { x, y },
      selected: id === active,
      draggable: false,
      data: { wrong: false, tone: '', condition: null, ...data },
      ariaLabel: `${data.title} ${data.note}`,
    })
  const width = outline.sources.length
  outline.sources.forEach(({ id, name }, index) => {
    const x = (index - (width - 1) / 2) * (WIDTH + 18) - WIDTH / 2
    add(`source ${id}`, x, 0, { kind: 'source', title: name, note: t('flow.source') })
  })
  for (const { step, x, y } of steps)
    add(step.path, x, y, {
      kind: step.type,
      title: step.id ?? named('step', step.type),
      note: noteOf(step) || named('step', step.type),
      wrong: wrong.has(step.path),
      tone: outcomes.get(step.path) ?? '',
      condition: conditionOf(step),
    })
  const edges: Edge[] = lines.map(({ from, to, arm }) => ({
    id: `${from} ${to} ${arm?.name ?? ''}`,
    source: from,
    sourceHandle: 'down',
    target: to,
    ...(arm !== null && {
      label: arm.when === null ? t('flow.else') : arm.name,
      ariaLabel: arm.when === null ? t('flow.else') : t('flow.when', { rule: arm.when }),
      labelShowBg: true,
    }),
  }))
  const delivering = steps.flatMap(({ step, y }) =>
    targets(step, outline).map((name) => ({ name, path: step.path, y })),
  )
  for (const { name, path } of delivering)
    edges.push({
      id: `out ${path} ${name}`,
      source: path,
      sourceHandle: 'out',
      target: `destination ${name}`,
      animated: true,
    })
  const taken: number[] = []
  outline.destinations.forEach(({ id, name, type }, index) => {
    let y = delivering.find((each) => each.name === id)?.y ?? 100 + index * ROW_PX
    while (taken.some((other) => Math.abs(other - y) < ROW_PX)) y += ROW_PX
    taken.push(y)
    add(`destination ${id}`, right + DESTINATION_GAP_PX, y, { kind: 'destination', title: name, note: type })
  })
  return { nodes, edges }
}

const FIT = { padding: 0.08, minZoom: 0.6, maxZoom: 1 }
const NODE_PX = 50

/** The whole is in sight where there is room for it, and the step that was chosen in any case. */
const Sight = ({ nodes, active }: { readonly nodes: readonly Node<Data>[]; readonly active: StepPath | null }) => {
  const { fitView, getViewport, setCenter } = useReactFlow()
  const width = useStore((store) => store.width)
  const height = useStore((store) => store.height)
  useEffect(() => {
    if (width > 0) void fitView(FIT)
  }, [width, fitView])
  const chosen = nodes.find(({ id }) => id === active)?.position
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever moves the picture moves it where they want it
  useEffect(() => {
    if (chosen === undefined || width === 0) return
    const { x, y, zoom } = getViewport()
    const [left, top] = [chosen.x * zoom + x, chosen.y * zoom + y]
    const isSeen = left >= 0 && top >= 0 && left + WIDTH * zoom <= width && top + NODE_PX * zoom <= height
    if (!isSeen) void setCenter(chosen.x + WIDTH / 2, chosen.y + NODE_PX / 2, { zoom })
  }, [active, chosen?.x, chosen?.y])
  return null
}

/** A flow as it runs: sources above, steps in their order, arms side by side, destinations beside those that deliver. */
export const Graph = (props: {
  readonly outline: FlowOutline
  readonly scheme: 'light' | 'dark'
  /** Steps that something is wrong with. */
  readonly wrong: ReadonlySet<StepPath>
  /** What each step came to in a test. */
  readonly outcomes: ReadonlyMap<StepPath, string>
  readonly active: StepPath | null
  readonly onSelect: (step: StepPath | null) => void
  /** It has the whole width: nothing stands beside it. */
  readonly isWide: boolean
  readonly onWide: (isWide: boolean) => void
}) => {
  const { outline, scheme, wrong, outcomes, active, onSelect, isWide, onWide } = props
  const { nodes, edges } = useMemo(() => draw(outline, wrong, outcomes, active), [outline, wrong, outcomes, active])
  return (
    <div className="graph" role="region" aria-label={t('flow.graph')}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={TYPES}
        colorMode={scheme}
        fitView
        fitViewOptions={FIT}
        minZoom={0.3}
        maxZoom={1.4}
        nodesConnectable={false}
        deleteKeyCode={null}
        proOptions={{ hideAttribution: true }}
        onNodeClick={(_event, node) => onSelect(pathOfNode(node.id))}
        onPaneClick={() => onSelect(null)}
      >
        <Background gap={18} size={1} />
        <Controls showInteractive={false} position="bottom-left" fitViewOptions={FIT}>
          <ControlButton
            title={t('flow.wide')}
            aria-label={t('flow.wide')}
            aria-pressed={isWide}
            onClick={() => onWide(!isWide)}
          >
            <IconArrowsHorizontal />
          </ControlButton>
        </Controls>
        <Sight nodes={nodes} active={active} />
      </ReactFlow>
    </div>
  )
}
