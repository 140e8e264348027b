import { Type } from 'typebox'
import { Name, TextOrNull } from './shapes.ts'

export const CapsParams = Type.Object({ id: Type.String({ description: 'Id of the flow.' }) })
export const CapParams = Type.Object({
  id: Type.String({ description: 'Id of the flow.' }),
  cap: Name('Id of the cap.'),
})

export const CapsQuery = Type.Object({
  by: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'Of caps that count apart, the value asked for; without it, all together.',
    }),
  ),
})

const Count = Type.Union([Type.Integer(), Type.String()], { description: 'Leads, or money as `120.00 USD`.' })

export const CapUsage = Type.Object({
  id: Type.String(),
  at: Type.String({ description: 'The step, block, destination or buyer it stands at.' }),
  source: TextOrNull(),
  destination: TextOrNull(),
  buyer: TextOrNull(),
  per: Type.String(),
  sliding: Type.Boolean(),
  zone: Type.String(),
  when: TextOrNull({ description: 'Which leads count.' }),
  by: TextOrNull({ description: 'What it counts apart by.' }),
  max: Count,
  used: Count,
  history: Count,
  values: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Of one that counts apart: values with a count now.',
  }),
  from: TextOrNull({ description: 'Begin of the window.' }),
  until: TextOrNull({ description: 'End of the window.' }),
})
export const CapUsageList = Type.Object({ items: Type.Array(CapUsage) })

export const AllCaps = Type.Object({
  items: Type.Array(Type.Object({ flow: Type.String(), ...CapUsage.properties })),
})

export const RecountBody = Type.Object(
  { at: Type.Optional(Type.String({ maxLength: 200, description: 'Where it stands, where several have the id.' })) },
  { additionalProperties: false },
)
export const Recounted = Type.Object({
  leads: Type.Integer({ description: 'Accepted leads of the window that were looked at.' }),
  counted: Type.Integer({ description: 'Of these, those that hold no place in the cap and count from now on.' }),
})
