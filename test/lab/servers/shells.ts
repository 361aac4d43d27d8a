// What people reach through a relay besides web pages: git's own server over HTTP, and a real sshd.
//   node shells.ts GIT_FOLDER HTTP_PORT SSH_PORT SSHD OPTION...     says "READY", and "served COUNT" as git's bytes go out
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { gitSite } from '../../e2e/git-site.ts'

const SAY_MS = 100

const [folder = '', httpPort, sshPort, sshd = '', ...options] = process.argv.slice(2)

const git = createHttpServer(gitSite(folder))
git.on('connection', (socket) => {
  const timer = setInterval(() => process.stdout.write(`served ${socket.bytesWritten}\n`), SAY_MS)
  socket.on('error', () => undefined).on('close', () => clearInterval(timer))
})

// As inetd would: one sshd for each flow, with the settings that it was given.
const ssh = createServer({ pauseOnConnect: true }, (socket) => {
  const child = spawn(sshd, ['-i', '-f', '/dev/null', ...options], { stdio: [socket, socket, 'ignore'] })
  child.once('exit', () => socket.destroy())
})

await Promise.all([once(git.listen(Number(httpPort), '::'), 'listening'), once(ssh.listen(Number(sshPort), '::'), 'listening')])
process.stdout.write('READY\n')
