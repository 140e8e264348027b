/** What processes cost, as the kernel counts it (Linux: proc(5)). */
import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

interface Stat {
  readonly parent: number
  /** Its own, seconds. */
  readonly ownS: number
  /** Of its children that have ended, seconds. */
  readonly childrenS: number
}

const readStat = (pid: number): Stat | null => {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return null
  }
  // The name, in parentheses, may hold anything; after it: state is field 3, parent 4, utime 14 to cstime 17.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const at = (field: number): number => Number(fields[field - 3])
  return {
    parent: at(4),
    ownS: (at(14) + at(15)) / TICKS_PER_SECOND,
    childrenS: (at(16) + at(17)) / TICKS_PER_SECOND,
  }
}

/** CPU seconds of one process so far; 0 where it is gone. */
export const cpuSeconds = (pid: number): number => readStat(pid)?.ownS ?? 0

/** CPU seconds so far of a process and its children, also those that have ended. */
export const familyCpuSeconds = (pid: number): number => {
  const self = readStat(pid)
  let sum = self === null ? 0 : self.ownS + self.childrenS
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = readStat(Number(name))
    if (stat?.parent === pid) sum += stat.ownS
  }
  return sum
}

/** The most memory a process has held so far, bytes; 0 where it is gone. */
export const peakMemoryBytes = (pid: number): number => {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0
  }
}

/** CPU seconds that all processes of the machine have taken so far. */
export const machineCpuSeconds = (): number => {
  // user nice system idle iowait irq softirq steal: all but the waiting, and but what another machine took.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1] ?? ''
  )
    .split(' ')
    .map(Number)
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND
}
