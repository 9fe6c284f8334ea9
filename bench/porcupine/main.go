// Times Porcupine on histories that checkers_bench --write made: the comparison of docs/performance.md.
//
//	go run . [-timeout 60s] [-runs 3] FILE.jsonl...
//
// Each line of output: the file, the verdict, the median time of the check alone, without parsing.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"
)

type event struct {
	Time    int64           `json:"time"`
	Process int             `json:"process"`
	Type    string          `json:"type"`
	F       string          `json:"f"`
	Key     string          `json:"key"`
	Value   json.RawMessage `json:"value"`
}

const none = math.MinInt64

type input struct {
	key  string
	f    byte // r, w or c
	from int64
	to   int64
}

type output struct {
	known bool
	value int64
}

var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		places := map[string]int{}
		var parts [][]porcupine.Operation
		for _, op := range history {
			key := op.Input.(input).key
			at, ok := places[key]
			if !ok {
				at = len(parts)
				places[key] = at
				parts = append(parts, nil)
			}
			parts[at] = append(parts[at], op)
		}
		return parts
	},
	Init: func() interface{} { return int64(none) },
	Step: func(state, in, out interface{}) (bool, interface{}) {
		i, o, s := in.(input), out.(output), state.(int64)
		switch i.f {
		case 'r':
			return !o.known || o.value == s, s
		case 'w':
			return true, i.to
		}
		if s == i.from {
			return true, i.to
		}
		return !o.known, s
	},
	Hash: func(state interface{}) uint64 { return uint64(state.(int64)) * 0x9e3779b97f4a7c15 },
}

func number(raw json.RawMessage) int64 {
	var value *int64
	if json.Unmarshal(raw, &value) != nil || value == nil {
		return none
	}
	return *value
}

func read(path string) ([]porcupine.Operation, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 1<<20), 1<<30)
	var history []porcupine.Operation
	open := map[int]int{}
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, err
		}
		if e.Type == "invoke" {
			in := input{key: e.Key, f: e.F[0], to: number(e.Value)}
			if e.F == "cas" {
				var pair []json.RawMessage
				if err := json.Unmarshal(e.Value, &pair); err != nil {
					return nil, err
				}
				in.from, in.to = number(pair[0]), number(pair[1])
			}
			open[e.Process] = len(history)
			history = append(history, porcupine.Operation{
				ClientId: e.Process, Input: in, Call: e.Time,
				Output: output{}, Return: math.MaxInt64,
			})
			continue
		}
		op := &history[open[e.Process]]
		if e.Type == "ok" {
			op.Return = e.Time
			op.Output = output{known: true, value: number(e.Value)}
		}
	}
	return history, lines.Err()
}

func main() {
	timeout := flag.Duration("timeout", 60*time.Second, "of one check")
	runs := flag.Int("runs", 3, "checks of each file, unless one takes more than 15 s")
	flag.Parse()
	for _, path := range flag.Args() {
		history, err := read(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, path, err)
			os.Exit(255)
		}
		var times []time.Duration
		var verdict porcupine.CheckResult
		for i := 0; i < *runs; i++ {
			start := time.Now()
			verdict = porcupine.CheckOperationsTimeout(model, history, *timeout)
			times = append(times, time.Since(start))
			if times[i] > 15*time.Second {
				break
			}
		}
		sort.Slice(times, func(a, b int) bool { return times[a] < times[b] })
		fmt.Printf("%-40s %-8s %10.2f ms\n", path, verdict,
			float64(times[len(times)/2].Microseconds())/1000)
	}
}
