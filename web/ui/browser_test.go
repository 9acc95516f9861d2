package ui_test

import (
	"context"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// browser opens a real one, and fails the test on whatever its console
// complains of: a script that breaks, or anything the content policy refuses.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium: install Debian's chromium, or run `make test`, which does")
	}
	var mu sync.Mutex
	var complaints []string
	listen := func(e any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := e.(type) {
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError {
				complaints = append(complaints, e.Entry.Text+" "+e.Entry.URL)
			}
		}
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithListener(listen))
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx))
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range complaints {
			t.Error("the browser says:", c)
		}
	})
	return ctx
}

// holds waits until an expression is true.
func holds(expression string) chromedp.Action[chromedp.Void] {
	return chromedp.Poll[chromedp.Void](expression)
}

func TestInABrowser(t *testing.T) {
	n := newNode(t)
	ctx := browser(t)
	ayla, bob := n.person("ayla", "owner"), n.person("bob", "member")
	bob.post("/ui/accounts/" + ayla.idText() + "/follow").ok()
	ayla.post("/ui/accounts/" + bob.idText() + "/follow").ok()
	first := bob.write("the first post")

	act := func(what string, actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		step, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := chromedp.Do(step, actions...); err != nil {
			page, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + " " + document.querySelector("main").textContent.replace(/\s+/g, " ")`))
			require.NoError(t, err, "%s\n%s", what, page)
		}
	}
	act("sign in", chromedp.Navigate(ayla.link()), chromedp.WaitVisible("#post-"+first))

	// A post of somebody else arrives, and the count of what is unread rises from the one follow.
	act("be live", chromedp.WaitVisible("body.connected"))
	second := bob.write("hello @ayla, this is new")
	act("see a post arrive", chromedp.WaitVisible(".live #post-"+second), holds(`document.querySelector('.unread').textContent.startsWith('2')`))
	bob.post("/ui/posts/"+second+"/edit", "text", "hello @ayla, this is better").ok()
	act("see it change", holds(`document.querySelectorAll('#post-`+second+`').length == 1 && document.querySelector('#post-`+second+`').textContent.includes('better')`))

	// j goes to the newest post, f likes it in place.
	act("use the keyboard", chromedp.KeyEvent("j"), holds(`document.activeElement.id == 'post-`+second+`'`),
		chromedp.KeyEvent("f"), chromedp.WaitVisible("#post-"+second+" [data-act=favourite][aria-pressed=true]"),
		chromedp.KeyEvent("?"), chromedp.WaitVisible("#shortcuts[open]"), chromedp.KeyEvent(kb.Escape))

	// n begins to write; the count goes down; Ctrl and Enter send.
	act("write", chromedp.KeyEvent("n"), holds(`document.activeElement.name == 'text'`),
		// The debugger sends the letter whatever became of the key; people's keyboards do not.
		chromedp.Evaluate[chromedp.Void](`document.activeElement.value = ""`),
		chromedp.KeyEvent("from the keyboard https://example.org/a/very/long/address/that/counts/less"),
		holds(`document.querySelector('.left').value == String(500 - 'from the keyboard '.length - 23)`),
		chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierCtrl)),
		chromedp.WaitVisible(".flash"), holds(`document.querySelector('#list').textContent.includes('from the keyboard')`))

	bob.post("/ui/posts/" + second + "/delete").ok()
	act("see it go", chromedp.WaitNotPresent("#post-"+second))
	for _, path := range []string{"/notifications", "/local", "/search?q=bob", "/compose", "/settings", "/@bob", "/@bob/" + first, "/owner", "/owner/partners", "/owner/deliveries"} {
		act(path, chromedp.Navigate(n.url+path), chromedp.WaitReady("main h1"))
	}
}
