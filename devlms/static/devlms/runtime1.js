/* What the platform's pages give to blocks: globals they rely on, and the block runtime (version 1).
   Loaded before any script of a block; start.js initialises the blocks afterwards. */
(function () {
    'use strict';

    const catalogue = window.gettext;
    window.gettext = catalogue || ((text) => text);
    window.ngettext = window.ngettext || ((one, many, count) => (count === 1 ? one : many));
    window.interpolate = window.interpolate || function (format, values, named) {
        let next = 0;
        return named ? format.replace(/%\((\w+)\)s/g, (_all, name) => String(values[name]))
            : format.replace(/%s/g, () => String(values[next++]));
    };

    const fill = (text, values) => String(text).replace(/{(\w+)}/g, (_all, name) => String(values[name]));
    const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
    function Html(text) { this.text = String(text); }
    Html.prototype.toString = Html.prototype.valueOf = function () { return this.text; };
    const ensureHtml = (value) => (value instanceof Html ? value : new Html(escapeHtml(value)));
    window.edx = window.edx || {};
    window.edx.StringUtils = {interpolate: fill};
    window.edx.HtmlUtils = {
        HTML: (text) => new Html(text),
        HtmlSnippet: Html,
        ensureHtml,
        interpolateHtml: (format, values) => new Html(fill(ensureHtml(format),
            Object.fromEntries(Object.entries(values || {}).map(([name, value]) => [name, ensureHtml(value)])))),
        joinHtml: (...parts) => new Html(parts.map(ensureHtml).join('')),
        setHtml: (element, html) => $(element).html(ensureHtml(html).toString()),
        append: (element, html) => $(element).append(ensureHtml(html).toString()),
        prepend: (element, html) => $(element).prepend(ensureHtml(html).toString()),
    };

    /* The few functions of underscore that blocks call. */
    const isPlain = (value) => value !== null && typeof value === 'object';
    const pairs = (list) => (Array.isArray(list) ? list.map((value, index) => [index, value]) : Object.entries(list || {}));
    window._ = window._ || {
        each: (list, visit, context) => { pairs(list).forEach(([key, value]) => visit.call(context, value, key, list)); return list; },
        map: (list, visit, context) => pairs(list).map(([key, value]) => visit.call(context, value, key, list)),
        filter: (list, test) => pairs(list).filter(([key, value]) => test(value, key, list)).map(([, value]) => value),
        find: (list, test) => (pairs(list).find(([key, value]) => test(value, key, list)) || [])[1],
        some: (list, test) => pairs(list).some(([key, value]) => (test ? test(value, key, list) : value)),
        every: (list, test) => pairs(list).every(([key, value]) => (test ? test(value, key, list) : value)),
        reduce: (list, join, start) => pairs(list).reduce((memo, [key, value]) => join(memo, value, key, list), start),
        keys: (value) => (isPlain(value) ? Object.keys(value) : []),
        values: (value) => Object.values(value || {}),
        has: (value, key) => value != null && Object.prototype.hasOwnProperty.call(value, key),
        extend: Object.assign,
        defaults: (target, ...sources) => Object.assign(target, Object.assign({}, ...sources.reverse(), target)),
        bind: (fn, context, ...first) => fn.bind(context, ...first),
        partial: (fn, ...first) => (...rest) => fn(...first, ...rest),
        bindAll: (object, ...names) => { names.forEach((name) => { object[name] = object[name].bind(object); }); return object; },
        contains: (list, value) => Object.values(list || {}).includes(value),
        indexOf: (list, value) => list.indexOf(value),
        isUndefined: (value) => value === undefined,
        isNull: (value) => value === null,
        isFunction: (value) => typeof value === 'function',
        isArray: Array.isArray,
        isString: (value) => typeof value === 'string',
        isObject: isPlain,
        isEmpty: (value) => value == null || pairs(value).length === 0,
        clone: (value) => (Array.isArray(value) ? value.slice() : Object.assign({}, value)),
        range: (count) => Array.from({length: count}, (_value, index) => index),
        uniq: (list) => Array.from(new Set(list)),
        pluck: (list, name) => list.map((value) => value[name]),
        mapObject: (object, visit) => Object.fromEntries(Object.entries(object || {}).map(([key, value]) => [key, visit(value, key)])),
        escape: escapeHtml,
        noop: () => {},
        debounce: (fn, wait) => { let timer; return (...args) => { clearTimeout(timer); timer = setTimeout(() => fn(...args), wait); }; },
        throttle: (fn, wait) => { let last = 0; return (...args) => { const now = Date.now(); if (now - last >= wait) { last = now; fn(...args); } }; },
    };

    window.Logger = {log() {}, listen() {}, bind() {}};

    const reader = document.createElement('div');
    reader.className = 'sr';
    reader.id = 'reader-feedback';
    reader.setAttribute('aria-live', 'polite');
    document.body.appendChild(reader);
    window.SR = {
        clear() { reader.textContent = ''; },
        readText(text) { reader.textContent = text; },
        readTexts(texts) { reader.textContent = texts.join(' '); },
        readElts() {},
    };

    /* Formulas stay as they were written: there is no typesetter offline. */
    const nothing = () => {};
    window.MathJax = window.MathJax || {
        Hub: {
            Queue(...calls) {
                calls.forEach((call) => {
                    if (typeof call === 'function') { call(); }
                    if (Array.isArray(call) && typeof call[0] === 'function') { call[0](...call.slice(1)); }
                });
            },
            getAllJax: () => [], Config: nothing, Configured: nothing, Typeset: nothing,
            Startup: {signal: {Interest: nothing}}, signal: {Interest: nothing},
        },
        Callback: {After: nothing, Queue: nothing},
        Ajax: {Require: nothing},
    };
    window.JavascriptLoader = window.JavascriptLoader || {executeModuleScripts(_element, done) { if (done) { done(); } }};

    $.postWithPrefix = (...args) => $.post(...args);
    $.getWithPrefix = (...args) => $.get(...args);
    $.ajaxWithPrefix = (...args) => $.ajax(...args);
    // Blocks are written for jQuery 2; version 3 left this out.
    $.fn.size = $.fn.size || function () { return this.length; };
    $.fn.leanModal = $.fn.leanModal || function () { return this; };

    function csrfToken() {
        const cookie = document.cookie.split('; ').find((part) => part.startsWith('csrftoken='));
        const field = document.querySelector('input[name=csrfmiddlewaretoken]');
        return cookie ? decodeURIComponent(cookie.slice(10)) : (field ? field.value : '');
    }
    $(document).ajaxSend((_event, xhr, options) => {
        const url = new URL(options.url, window.location.href);
        if (url.origin === window.location.origin) { xhr.setRequestHeader('X-CSRFToken', csrfToken()); }
    });

    function blockElement(element) {
        return $(element).closest('.xblock[data-usage-id]')[0];
    }

    function makeRuntime(element) {
        const listeners = {};
        return {
            element,
            handlerUrl(from, handler, suffix, query) {
                const base = blockElement(from || element).dataset.handlerBase;
                let url = base.replace(/HANDLER$/, encodeURIComponent(handler));
                if (suffix) { url += `/${suffix}`; }
                return query ? `${url}?${query}` : url;
            },
            children(of) { return $(of || element).find('.xblock').toArray().map((one) => $(one).data('xblock-object')).filter(Boolean); },
            childMap(of, name) { return this.children(of).find((child) => child.name === name); },
            notify(name, data) {
                (listeners[name] || []).forEach((listener) => listener(data));
                document.dispatchEvent(new CustomEvent(`xblock:${name}`, {detail: {element, data}}));
            },
            listenTo(name, listener) { (listeners[name] = listeners[name] || []).push(listener); },
            refreshXBlock() { window.location.reload(); },
        };
    }

    function initializeBlock(element) {
        const name = element.dataset.init;
        const block = {element, name: element.dataset.name, runtime: makeRuntime(element)};
        const args = Array.from(element.children).find((child) => child.classList.contains('xblock-json-init-args'));
        const init = name && window[name];
        if (typeof init === 'function') {
            // With "new", as in the platform: older blocks are classes.
            const made = new init(block.runtime, element, args ? JSON.parse(args.textContent) : {});
            Object.assign(made, block);
            $(element).data('xblock-object', made).addClass('xblock-initialized');
            return made;
        }
        $(element).data('xblock-object', block).addClass('xblock-initialized');
        return block;
    }

    /* Children first, as in the platform: a container may ask for them. */
    function initializeBlocks(root) {
        const waiting = $(root || document).find('.xblock[data-usage-id]').not('.xblock-initialized').toArray();
        return waiting.reverse().map(initializeBlock);
    }

    window.XBlock = {initializeBlock, initializeBlocks, runtime: {v1: makeRuntime}};
    window.LmsRuntime = {v1: makeRuntime, initializeBlock, initializeBlocks};
    window.StudioRuntime = {v1: makeRuntime, initializeBlock, initializeBlocks};
}());
