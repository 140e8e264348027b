/** Loaded before the program: its clock jumps by turns forward and back, each time it is told to by SIGUSR2. */

const JUMPS_MS = [20_000, -1_500, 5_000, -2_000]
const wall = Date.now
let offset = 0
let jumps = 0

Date.now = () => wall() + offset
process.on('SIGUSR2', () => {
  offset += JUMPS_MS[jumps % JUMPS_MS.length] ?? 0
  jumps += 1
})
