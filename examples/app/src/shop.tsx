import { useState } from 'react'
import { order } from './api.ts'

const TEAS = ['Assam', 'Darjeeling', 'Earl Grey', 'Sencha']

export function Shop() {
  const [problem, setProblem] = useState('')
  const buy = (item: string) => order(item).then(() => setProblem(''), () => setProblem('The order did not get through.'))
  return (
    <>
      <ul className="teas">
        {TEAS.map((item) => (
          <li key={item} className="card">
            <h2>{item}</h2>
            <button type="button" onClick={() => void buy(item)}>Order {item}</button>
          </li>
        ))}
      </ul>
      <p role="alert">{problem}</p>
    </>
  )
}
