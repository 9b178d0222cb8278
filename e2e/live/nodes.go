package live

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// Processes of the localnet, as scripts/localnet names them.
const (
	relayer  = "relayer"
	consumer = "consumer"
)

// patience is how long the relayer may take to move a packet and its answer.
const patience = 40 * time.Second

// nodes stops and starts the processes of the localnet, and knows what it stopped.
type nodes struct {
	net  *Net
	down []string
}

func (n *nodes) localnet(args ...string) {
	program := filepath.Join(n.net.root, "scripts", "localnet")
	n.net.typed(shell("scripts/localnet", args))
	if out, errs, err := n.net.run(program, args...); err != nil {
		halt("scripts/localnet could not do that: %s", lastLine(errs+"\n"+out))
	}
}

// kill ends a process without a chance to put its things in order.
func (n *nodes) kill(name string) {
	n.down = append(n.down, name)
	n.localnet("stop", name, "--kill")
}

func (n *nodes) stop(name string) {
	n.down = append(n.down, name)
	n.localnet("stop", name)
}

func (n *nodes) start(name string) {
	n.localnet("start", name)
	n.down = slices.DeleteFunc(n.down, func(other string) bool { return other == name })
}

// restore starts what the story stopped and did not start again: whatever ended it.
func (n *nodes) restore() {
	for _, name := range n.down {
		n.net.say("starting %s again, which the story had stopped", name)
		// The story's own context may be over.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(n.net.ctx), 2*time.Minute)
		command := exec.CommandContext(ctx, filepath.Join(n.net.root, "scripts", "localnet"), "start", name)
		command.Dir = n.net.root
		if out, err := command.CombinedOutput(); err != nil {
			n.net.say("it could not be started: %s", lastLine(string(out)))
		}
		cancel()
	}
	n.down = nil
}

// hermes runs a command of the relayer's program, as the localnet has set it up.
func (n *nodes) hermes(args ...string) {
	n.net.typed(shell("hermes", args))
	if out, errs, err := n.net.run("hermes", args...); err != nil {
		halt("hermes could not do that: %s", lastLine(errs+"\n"+out))
	}
}

// wait lets time pass until something is so.
func (n *Net) wait(what string, most time.Duration, is func() bool) {
	began := time.Now()
	for told := began; !is(); {
		if time.Since(began) > most {
			halt("waited for %.0f s, and still not: %s", most.Seconds(), what)
		}
		if time.Since(told) > 20*time.Second {
			told = time.Now()
			n.say("... still waiting: %s", what)
		}
		select {
		case <-n.ctx.Done():
			halt("interrupted")
		case <-time.After(700 * time.Millisecond):
		}
	}
}

// relayed waits until the relayer has moved something. Hermes gives a channel up that was quiet for
// five times its clear_interval in blocks, and looks for what it missed when it is started: so it is, if
// nothing moves.
func (n *Net) relayed(what string, is func() bool) {
	for began := time.Now(); time.Since(began) < patience; time.Sleep(700 * time.Millisecond) {
		if is() {
			return
		}
	}
	n.say("not in %.0f s: %s. The relayer is started again, which has it look for what it missed.", patience.Seconds(), what)
	n.nodes.stop(relayer)
	n.nodes.start(relayer)
	n.wait(what, 2*time.Minute, is)
}

// until waits for a moment of a chain's.
func (c *Chain) until(at time.Time, what string) {
	if left := at.Sub(c.now()); left > time.Second {
		c.net.say("%.0f s until %s", left.Seconds(), what)
	}
	c.net.wait(what, time.Until(at)+2*time.Minute, func() bool { return c.now().After(at) })
}
