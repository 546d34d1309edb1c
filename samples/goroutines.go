// Thousands of goroutines: a ring of channels, timers, stacks that grow, panics, loops that only a signal interrupts, and
// garbage all the time. With an argument: so many rounds, for minutes. (Built by `make torture`, where a Go compiler is.)
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	ringSize   = 5000
	laps       = 3
	timerCount = 2000
	treeDepth  = 14
)

// A token goes round the ring; every goroutine adds one.
func ring() int {
	first := make(chan int)
	last := first
	for i := 0; i < ringSize; i++ {
		next := make(chan int)
		go func(from, to chan int) {
			for value := range from {
				to <- value + 1
			}
			close(to)
		}(last, next)
		last = next
	}
	value := 0
	for lap := 0; lap < laps; lap++ {
		first <- value
		value = <-last
	}
	close(first)
	<-last
	return value
}

// Timers fire in their order, a stopped one never, a ticker again and again.
func timers() (int, bool, int) {
	var fired, stopped int64
	var all sync.WaitGroup
	for i := 0; i < timerCount; i++ {
		all.Add(1)
		time.AfterFunc(time.Duration(i%50)*time.Millisecond, func() {
			atomic.AddInt64(&fired, 1)
			all.Done()
		})
		time.AfterFunc(time.Hour, func() { atomic.AddInt64(&stopped, 1) }).Stop()
	}
	all.Wait()
	ticker := time.NewTicker(time.Millisecond)
	ticks := 0
	for range ticker.C {
		if ticks++; ticks == 10 {
			break
		}
	}
	ticker.Stop()
	select {
	case <-make(chan int):
	case <-time.After(5 * time.Millisecond):
	}
	return int(fired), stopped == 0, ticks
}

type tree struct {
	left, right *tree
	weight      [4]int
}

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{weight: [4]int{1, 0, 0, 0}}
	}
	return &tree{left: grow(depth - 1), right: grow(depth - 1)}
}

func (t *tree) count() int {
	if t == nil {
		return 0
	}
	return t.left.count() + t.right.count() + t.weight[0]
}

// Many goroutines make garbage, and the collector runs beside them.
func garbage() (int, bool) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	counts := make(chan int)
	for i := 0; i < 8; i++ {
		go func() {
			kept := map[string][]byte{}
			for k := 0; k < 2000; k++ {
				kept[strconv.Itoa(k%97)] = []byte(strings.Repeat("x", k))
			}
			counts <- grow(treeDepth).count() + len(kept)
		}()
	}
	total := 0
	for i := 0; i < 8; i++ {
		total += <-counts
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	return total, after.NumGC > before.NumGC
}

func deep(depth int) int {
	var room [64]int
	room[depth%64] = depth
	if depth == 0 {
		return 0
	}
	return deep(depth-1) + room[depth%64] - depth + 1
}

func stacks() int {
	var total int64
	var all sync.WaitGroup
	for i := 0; i < 50; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			atomic.AddInt64(&total, int64(deep(2000)))
		}()
	}
	all.Wait()
	return int(total)
}

func panics() string {
	words := make(chan string, 5)
	for i := 0; i < 5; i++ {
		go func(index int) {
			defer func() { words <- fmt.Sprint(recover()) }()
			var list []int
			var nothing *tree
			switch index {
			case 0:
				_ = list[index]
			case 1:
				_ = nothing.weight[0]
			case 2:
				_ = ringSize / len(list)
			default:
				panic(index)
			}
		}(i)
	}
	var all []string
	for i := 0; i < 5; i++ {
		all = append(all, <-words)
	}
	sort.Strings(all)
	return strings.Join(all, "; ")
}

// Loops without a call: the scheduler needs signals to take the processor away from them.
func loops() bool {
	var stop int32
	var all sync.WaitGroup
	for i := 0; i < 4; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for n := 0; atomic.LoadInt32(&stop) == 0; n++ {
			}
		}()
	}
	time.Sleep(30 * time.Millisecond)
	atomic.StoreInt32(&stop, 1)
	all.Wait()
	return true
}

func round() string {
	fired, none, ticks := timers()
	total, collected := garbage()
	return fmt.Sprintf("ring %d\ntimers %d, stopped %t, ticks %d\ngarbage %d, collected %t\nstacks %d\npanics %s\nloops end %t\n",
		ring(), fired, none, ticks, total, collected, stacks(), panics(), loops())
}

func main() {
	rounds := 1
	if len(os.Args) > 1 {
		rounds, _ = strconv.Atoi(os.Args[1])
	}
	runtime.GOMAXPROCS(4)
	first := round()
	for i := 1; i < rounds; i++ {
		if again := round(); again != first {
			fmt.Printf("round %d differs:\n%s", i, again)
			os.Exit(1)
		}
	}
	fmt.Print(first)
}
