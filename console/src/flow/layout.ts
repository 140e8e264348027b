import type { FlowArm, FlowOutline, FlowStep, StepPath } from './document.ts'

/** Where everything of a flow stands in its picture: a trunk, arms side by side where it branches, joined behind it. */

export const WIDTH = 208
const STEP_PX = 74
const GAP_PX = 20
const FIRST_PX = 100
/** An arm begins so much lower, for the name of its rule. */
const ARM_PX = 26

export interface PlacedStep {
  readonly step: FlowStep
  readonly x: number
  readonly y: number
}

export interface Line {
  readonly from: string
  readonly to: string
  /** The arm it leads into. */
  readonly arm: FlowArm | null
}

/** A lead leaves an arm here, and goes on behind its branch. */
interface Exit {
  readonly from: string
  readonly arm: FlowArm | null
}

export interface Layout {
  readonly steps: readonly PlacedStep[]
  readonly lines: readonly Line[]
  /** The right edge of the widest part. */
  readonly right: number
}

const widthOf = (steps: readonly FlowStep[]): number =>
  Math.max(WIDTH, ...steps.map(({ arms }) => arms.reduce((sum, arm) => sum + widthOf(arm.steps) + GAP_PX, -GAP_PX)))

export const layoutOf = (outline: FlowOutline): Layout => {
  const steps: PlacedStep[] = []
  const lines: Line[] = []
  let right = WIDTH / 2

  /** Places steps from `y` down around the middle `x`; answers where they end, and what leads on from there. */
  const place = (
    list: readonly FlowStep[],
    x: number,
    y: number,
    entries: readonly Exit[],
  ): { readonly y: number; readonly exits: readonly Exit[] } => {
    let at = y
    let open = entries
    for (const step of list) {
      steps.push({ step, x: x - WIDTH / 2, y: at })
      right = Math.max(right, x + WIDTH / 2)
      for (const { from, arm } of open) lines.push({ from, to: step.path, arm })
      at += STEP_PX
      open = step.type === 'stop' && step.config.if === undefined ? [] : [{ from: step.path, arm: null }]
      if (step.arms.length === 0) continue
      const exits: Exit[] = []
      let left = x - widthOf([step]) / 2
      let bottom = at
      for (const arm of step.arms) {
        const width = widthOf(arm.steps)
        const placed = place(arm.steps, left + width / 2, at + ARM_PX, [{ from: step.path, arm }])
        exits.push(...placed.exits)
        bottom = Math.max(bottom, placed.y)
        left += width + GAP_PX
      }
      // Whom no rule takes goes on behind the branch.
      if (step.arms.every(({ when }) => when !== null)) exits.push({ from: step.path, arm: null })
      open = exits
      at = bottom + ARM_PX
    }
    return { y: at, exits: open }
  }

  place(
    outline.steps,
    0,
    FIRST_PX,
    outline.sources.map(({ id }) => ({ from: `source ${id}`, arm: null })),
  )
  return { steps, lines, right }
}

export const pathOfNode = (id: string): StepPath | null => (id.startsWith('steps[') ? id : null)
