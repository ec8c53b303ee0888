// Decryption of one JWE with jose (npm) and a ready key. jose.mjs MODULES FOLDER KIND SECONDS: prints "count seconds cpu_seconds".
import { createPrivateKey } from "node:crypto"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"

const [modules, folder, kind, seconds] = process.argv.slice(2)
const { compactDecrypt } = createRequire(`${process.cwd()}/${modules}/`)("jose")
const read = (name) => readFileSync(`${folder}/${name}`, "utf8")
const key = createPrivateKey(read(kind === "rsa-jwe" ? "rsa.pem" : "ec.pem"))
const text = read(kind)
const plain = readFileSync(`${folder}/answer`)

async function run(until) {
  let count = 0
  for (const began = performance.now(); performance.now() - began < until * 1000; ) {
    for (let i = 0; i < 50; i++, count++) {
      const { plaintext } = await compactDecrypt(text, key)
      if (!plain.equals(plaintext)) throw new Error("another text")
    }
  }
  return count
}

await run(0.3) // compiles, and is not counted
const began = performance.now()
const cpu = process.cpuUsage()
const count = await run(Number(seconds))
const { user, system } = process.cpuUsage(cpu)
console.log(count, ((performance.now() - began) / 1e3).toFixed(6), ((user + system) / 1e6).toFixed(6))
